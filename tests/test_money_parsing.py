"""Amounts as people and programs write them: read unambiguously, or refused with a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import currency

READ = {
    "12.50": 12_500_000,
    "12,50": 12_500_000,
    "$12.50": 12_500_000,
    "12.50 $": 12_500_000,
    "US$12.50": 12_500_000,
    "USD 12.50": 12_500_000,
    "12,50 USD": 12_500_000,
    " 12.5 ": 12_500_000,
    "12": 12_000_000,
    "0,045": 45_000,
    "0.045": 45_000,
    ",5": 500_000,
    ".045": 45_000,
    "1,250.00": 1_250_000_000,
    "1.250,00": 1_250_000_000,
    "1 250,00": 1_250_000_000,
    "1\u00a0250,00": 1_250_000_000,
    "1\u202f250": 1_250_000_000,
    "1'250.00": 1_250_000_000,
    "1’250": 1_250_000_000,
    "1,250,000": 1_250_000_000_000,
    "1.250.000": 1_250_000_000_000,
    "1.250.000,5": 1_250_000_500_000,
    "1250,000": 1_250_000_000,
    "1250.125": 1_250_125_000,
    "1,2500": 1_250_000,
    "1,25": 1_250_000,
    "1,250.125": 1_250_125_000,
    "-3": -3_000_000,
    "−0,01": -10_000,
    "-$3": -3_000_000,
    "+0.01": 10_000,
}
AMBIGUOUS = ["1,250", "1.250", "$45,000", "999.999", "-1,250", "12,500 USD"]
REFUSED = [
    *("", " ", "abc", ".", ",", "$", "-", "12.", "12,", "1e3", "1E-2", "NaN", "inf", "Infinity", "0x10", "1_000"),
    *(
        "1,25,0",
        "1,25.50",
        "12,50,00",
        "1.250.00",
        "1 2500",
        "12 .50",
        "1 250 00",
        "0,123.45",
        "01,250.00",
        "1.250 000",
    ),
    *("1,250.00,1", "1'25", "--1", "1-", "+-1", "$$5", "½", "１２.50", "٣", "12·50", "12,50 €", "€12", "£5", "5 EUR"),
    *("12.50\u200b", "1\n2", "1.0000001", "0,0000001", "9" * 13, "9" * 30, "12.50 a month", "12:50"),
    *("-0", "-$0.00", "+0"),
]


@pytest.mark.parametrize(("text", "amount"), READ.items())
def test_what_can_be_read_in_one_way_is_read(text, amount):
    assert currency.dollars(text) == amount


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_what_could_be_two_amounts_is_refused_with_both(text):
    with pytest.raises(currency.NotAnAmount) as refused:
        currency.dollars(text)
    small, large = str(refused.value).rstrip(".").split("Enter ")[1].split(" or ")
    assert currency.dollars(large) == 1000 * currency.dollars(small)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(currency.NotAnAmount):
        currency.dollars(text)


@given(st.integers(-(10**17), 10**17))
def test_every_amount_survives_being_printed_and_read(amount):
    for printed in (currency.plain(amount), currency.show(amount), currency.as_typed(amount)):
        assert currency.dollars(printed) == amount
    assert currency.is_plain(currency.as_typed(amount))


@given(st.integers(0, 10**9), st.integers(0, 999_999), st.sampled_from(["'.", " ,", ".,", ",."]))
def test_grouping_changes_no_amount(whole, part, marks):
    group, decimal = marks
    written = f"{whole:,}".replace(",", group) + decimal + f"{part:06d}"
    assert currency.dollars(written) == whole * currency.MICROS_PER_DOLLAR + part


@given(st.text("0123456789.,' $-", max_size=12))
def test_nothing_is_multiplied_by_its_marks(text):
    """A parsed amount has the digits that were written, before and after at most one separator."""
    try:
        amount = abs(currency.dollars(text))
    except currency.NotAnAmount:
        return
    digits = "".join(filter(str.isdigit, text)).lstrip("0")
    assert str(amount).rstrip("0") == digits.rstrip("0").lstrip("0")
