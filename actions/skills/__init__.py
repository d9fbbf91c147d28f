"""One module per skill. A module placed here is found by itself; its handlers say which action they are."""
