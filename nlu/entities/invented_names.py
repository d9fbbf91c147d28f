"""Names nobody has, so that a tagger learns where names stand instead of which names there are."""

from __future__ import annotations

from random import Random

_FIRST_NAMES = (
    "Aaliyah Aaron Ada Adam Agnes Ahmed Aisha Alan Alba Alex Ali Alice Amara Amir Amy Ana Andre Andrew Angela Anna "
    "Anton Arjun Astrid Ben Bianca Boris Bruno Carla Carlos Chen Chloe Chris Clara Claire Daniel David Deepa Diego "
    "Dmitri Donna Elena Elias Ella Emil Emma Eric Esther Eva Farid Fatima Felix Finn Fiona Frank Gabriel Georg Giulia "
    "Grace Hana Hannah Hans Hassan Helen Henry Hiro Hugo Ibrahim Ida Igor Ines Irene Ivan Jack Jakob James Jamal Jana "
    "Jean Jens Joao Joe John Jonas Jorge Julia Karin Karl Kate Kenji Kevin Lara Lars Laura Lea Leo Li Liam Lina Linda "
    "Lisa Luca Lucy Luis Lukas Maja Marco Maria Marie Mark Marta Martin Mary Max Mei Mia Michael Miguel Mira Mohammed "
    "Monica Nadia Nina Noah Noor Olga Oliver Omar Oscar Paolo Patrick Paul Pedro Peter Petra Philip Pia Priya Rachel "
    "Rafael Raj Ravi Robert Rosa Ruth Sam Samira Sandra Sara Sean Simon Sofia Stefan Sven Tara Thomas Tina Tobias Tom "
    "Uma Vera Victor Wei Xavier Yara Yuki Yusuf Zara Zoe"
)
_COMPANY_ENDINGS = (
    "Industries Group Systems Logistics Foods Partners Software Labs Holding Consulting Energy Media Bank Motors "
    "Solutions Technologies Trading Pharma Networks Studios Inc GmbH Ltd LLC AG & Sons & Co"
)
_ONSETS = "b bl br c ch cl d dr f fl g gl gr h j k kr l m n p pl qu r s sk st t tr v w x y z zw".split(" ")
_VOWELS = "a e i o u ai ea ee ia io ou".split(" ")
_CODAS = ["", "", "", "b", "ck", "l", "ll", "m", "n", "nd", "nt", "r", "rk", "s", "st", "t", "tt", "x"]


def invent_word(random: Random) -> str:
    """Return a capitalised word of two or three syllables that looks like a name ("Zorblant")."""
    syllables = random.choice((1, 2, 2, 2, 3))
    word = "".join(random.choice(_ONSETS) + random.choice(_VOWELS) + random.choice(_CODAS) for _ in range(syllables))
    return word.capitalize()


def invent_company(random: Random) -> str:
    """Return a company name of one to three words."""
    form = random.random()
    if form < 0.5:
        return invent_word(random)
    ending = random.choice(_COMPANY_ENDINGS.replace("& ", "&_").split()).replace("_", " ")
    if form < 0.85:
        return f"{invent_word(random)} {ending}"
    return f"{invent_word(random)} {invent_word(random)}"


def invent_person(random: Random) -> str:
    """Return a first name, sometimes with a last name."""
    first = random.choice(_FIRST_NAMES.split()) if random.random() < 0.7 else invent_word(random)
    return f"{first} {invent_word(random)}" if random.random() < 0.4 else first


def invent_first_name(random: Random) -> str:
    """Return a first name."""
    return random.choice(_FIRST_NAMES.split()) if random.random() < 0.7 else invent_word(random)
