"""Finding the things a message names: accounts, people, amounts, dates, document numbers and free text."""
