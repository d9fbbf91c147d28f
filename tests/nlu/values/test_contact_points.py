import pytest

from nlu.values import UnreadableValue, read_email, read_phone


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("kim@example.com", "kim@example.com"),
        ("my email is Kim.Lee+crm@Example.CO.UK, ok?", "kim.lee+crm@example.co.uk"),
        ("<kim@example.com>", "kim@example.com"),
        ("mail kim@example.com.", "kim@example.com"),
        ("邮箱kim@example.com", "kim@example.com"),
    ],
)
def test_reads_addresses_in_lower_case(said: str, address: str) -> None:
    assert read_email(said) == address


@pytest.mark.parametrize("said", ["", "@kim", "kim@", "kim@localhost", "a@b@c", "@" * 50])
def test_finds_no_address_where_none_is_said(said: str) -> None:
    assert read_email(said) is None


@pytest.mark.parametrize(
    ("said", "locale", "number"),
    [
        ("+44 20 7946 0958", "en_US", "+442079460958"),
        ("0044 20 7946 0958", "en_US", "+442079460958"),
        ("020 7946 0958", "en_GB", "+442079460958"),
        ("(212) 736-5000", "en_US", "+12127365000"),
        ("call 212-736-5000 please", "en_US", "+12127365000"),
        ("030 901820", "de_DE", "+4930901820"),
    ],
)
def test_reads_telephone_numbers_by_the_locales_country(said: str, locale: str, number: str) -> None:
    assert read_phone(said, locale=locale) == number


@pytest.mark.parametrize("said", ["", "hello", "40k", "call Jane"])
def test_finds_no_number_where_none_is_said(said: str) -> None:
    assert read_phone(said) is None


def test_refuses_a_number_that_is_no_telephone_number() -> None:
    with pytest.raises(UnreadableValue) as caught:
        read_phone("123 456")
    assert (caught.value.kind, caught.value.reason) == ("phone", "not_a_phone")
