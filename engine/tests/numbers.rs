//! Quantities, money, tax and bar codes: the vectors everybody agrees on, and their properties.
#![allow(clippy::unwrap_used)]

use onhand_engine::gtin::{Gtin, GtinError};
use onhand_engine::ids::Label;
use onhand_engine::money::{Currency, Minor, divide_half_up, split};
use onhand_engine::qty::{Qty, QtyError, Unit};
use onhand_engine::refusal::Refusal;
use onhand_engine::tax::{PriceBasis, RatePpm, TaxRate, TaxRounding, TaxRules, parts_of};
use proptest::prelude::*;

fn minors(amounts: &[i64]) -> Vec<Minor> {
    amounts.iter().copied().map(Minor).collect()
}

fn standard() -> Label {
    Label::new("standard").unwrap()
}

fn rules(basis: PriceBasis, rounding: TaxRounding, parts: &[u32]) -> TaxRules {
    let rate = TaxRate { class: standard(), parts: parts.iter().copied().map(RatePpm).collect() };
    TaxRules { basis, rounding, rates: vec![rate], dated: vec![] }
}

const BASES: [PriceBasis; 2] = [PriceBasis::TaxInclusive, PriceBasis::TaxExclusive];
const ROUNDINGS: [TaxRounding; 2] = [TaxRounding::Line, TaxRounding::Document];

#[test]
fn quantities_are_read_and_printed() {
    for (text, milli) in
        [("2", 2_000), ("0.250", 250), ("-1", -1_000), ("-0.001", -1), ("007", 7_000), ("1.5000", 1_500)]
    {
        assert_eq!(Qty::parse(text), Ok(Qty::from_milli(milli)), "{text}");
    }
    assert_eq!(Qty::parse("1000000000"), Ok(Qty::MAX));
    for text in ["", "-", ".", ".5", "5.", "1e3", "+1", " 1", "1,5", "--1", "NaN", "0x1", "1.2.3", "٣"] {
        assert_eq!(Qty::parse(text), Err(QtyError::NotANumber), "{text}");
    }
    assert_eq!(Qty::parse("0.0001"), Err(QtyError::TooFine));
    for text in ["1000000000.001", "-1000000000.001", "99999999999999999999"] {
        assert_eq!(Qty::parse(text), Err(QtyError::TooLarge), "{text}");
    }
    for (milli, text) in [(0, "0"), (-500, "-0.5"), (1_050, "1.05"), (i64::MIN, "-9223372036854775.808")] {
        assert_eq!(Qty::from_milli(milli).to_string(), text);
    }
}

#[test]
fn pieces_are_whole_and_measures_need_not_be() {
    assert!(Unit::Each.allows(Qty::units(3)) && !Unit::Each.allows(Qty::from_milli(2_999)));
    for unit in [Unit::Kilogram, Unit::Litre, Unit::Metre] {
        assert!(unit.allows(Qty::from_milli(1)));
        assert_eq!(Unit::named(unit.name()), Some(unit));
    }
    assert_eq!(Unit::named("stone"), None);
}

#[test]
fn amounts_are_split_by_largest_remainder() {
    assert_eq!(split(Minor(1_000), &[333, 333, 334]), minors(&[333, 333, 334]));
    assert_eq!(split(Minor(100), &[1, 1, 1]), minors(&[34, 33, 33]));
    assert_eq!(split(Minor(-100), &[1, 1, 1]), minors(&[-34, -33, -33]));
    assert_eq!(split(Minor(7), &[0, 0]), minors(&[7, 0]));
    assert_eq!(split(Minor(7), &[]), minors(&[]));
    assert_eq!(split(Minor(10), &[1, 0, 2]), minors(&[3, 0, 7]));
}

#[test]
fn halves_go_away_from_zero() {
    for (numerator, denominator, quotient) in
        [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (-4, 3, -1), (5, 3, 2), (0, 7, 0), (7, 0, 0), (7, -1, 0)]
    {
        assert_eq!(divide_half_up(numerator, denominator), quotient, "{numerator}/{denominator}");
    }
    assert_eq!(divide_half_up(i128::MAX, 1), i64::MAX);
    assert_eq!(divide_half_up(i128::MIN, 1), i64::MIN);
    assert_eq!(Minor(1_990).times(Qty::from_milli(125)), Minor(249));
    assert_eq!(Minor(333).times(Qty::from_milli(500)), Minor(167));
    assert_eq!(Minor(i64::MAX).times(Qty::MAX), Minor(i64::MAX));
}

/// The list of ISO 4217 as published on 2026-01-01, but for what it lists without decimals: metals, funds and tests.
const DECIMALS: [(u32, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE \
         CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD \
         HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK \
         MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD \
         RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH \
         USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

#[test]
fn currencies_know_their_decimals() {
    for (exponent, codes) in DECIMALS {
        for code in codes.split(' ') {
            let currency = Currency::parse(code).unwrap();
            assert_eq!((currency.exponent(), currency.as_str()), (exponent, code));
        }
    }
    assert_eq!(DECIMALS.iter().map(|(_, codes)| codes.split(' ').count()).sum::<usize>(), 165);
    for text in ["eur", "EU", "EURO", "E1R", "€€€", ""] {
        assert_eq!(Currency::parse(text), None, "{text}");
    }
}

/// The tax of lines of one class: each line's, and their sum.
fn taxes(rules: &TaxRules, amounts: &[i64]) -> (Vec<i64>, i64) {
    let class = standard();
    let lines: Vec<_> = amounts.iter().map(|amount| (&class, Minor(*amount))).collect();
    let taxes: Vec<i64> = rules.assess(&lines).unwrap().iter().map(|line| line.tax.0).collect();
    let sum = taxes.iter().sum();
    (taxes, sum)
}

#[test]
fn tax_is_rounded_per_line_or_per_document() {
    let exclusive = |rounding, ppm| rules(PriceBasis::TaxExclusive, rounding, &[ppm]);
    assert_eq!(taxes(&exclusive(TaxRounding::Line, 100_000), &[15; 3]), (vec![2, 2, 2], 6));
    assert_eq!(taxes(&exclusive(TaxRounding::Document, 100_000), &[15; 3]), (vec![2, 2, 1], 5));
    assert_eq!(taxes(&exclusive(TaxRounding::Line, 82_500), &[199; 7]).1, 112);
    assert_eq!(taxes(&exclusive(TaxRounding::Document, 82_500), &[199; 7]).1, 115);
}

/// T42: 45.00 + 49.00 with 21 % inside, shipping 4.96 + 1.04: 100.00 in both ways of rounding.
#[test]
fn t42_the_document_of_exactly_a_hundred() {
    for rounding in ROUNDINGS {
        let inclusive = rules(PriceBasis::TaxInclusive, rounding, &[210_000]);
        let class = standard();
        let taxed = inclusive.assess(&[(&class, Minor(4_500)), (&class, Minor(4_900))]).unwrap();
        assert_eq!([taxed[0].tax, taxed[1].tax], [Minor(781), Minor(850)]);
        let goods: Minor = taxed.iter().map(|line| line.gross()).sum();
        assert_eq!(goods.plus(Minor(496)).plus(Minor(104)), Minor(10_000));
    }
    let shipping = rules(PriceBasis::TaxExclusive, TaxRounding::Line, &[210_000]);
    assert_eq!(taxes(&shipping, &[496]).1, 104);
}

/// T43: 599.00 with 9 % + 9 % inside.
#[test]
fn t43_the_parts_of_a_tax_add_up() {
    let inclusive = rules(PriceBasis::TaxInclusive, TaxRounding::Line, &[90_000, 90_000]);
    let class = standard();
    let taxed = inclusive.assess(&[(&class, Minor(59_900))]).unwrap()[0];
    assert_eq!((taxed.net, taxed.tax, taxed.rate), (Minor(50_763), Minor(9_137), RatePpm(180_000)));
    let parts = parts_of(taxed.tax, &inclusive.rates[0]);
    assert_eq!(parts, [(RatePpm(90_000), Minor(4_569)), (RatePpm(90_000), Minor(4_568))]);
    assert_eq!(parts_of(Minor(0), &TaxRate { class, parts: vec![] }), []);
}

#[test]
fn a_class_without_a_rate_is_refused() {
    let reduced = Label::new("reduced").unwrap();
    let inclusive = rules(PriceBasis::TaxInclusive, TaxRounding::Line, &[210_000]);
    assert_eq!(inclusive.assess(&[(&reduced, Minor(1))]), Err(Refusal::NoTaxRate { class: reduced.clone() }));
}

/// Rates are rounded apart: the share of one is not paid by the other.
#[test]
fn a_document_rounds_each_rate_on_its_own() {
    let reduced = Label::new("reduced").unwrap();
    let mut exclusive = rules(PriceBasis::TaxExclusive, TaxRounding::Document, &[100_000]);
    exclusive.rates.push(TaxRate { class: reduced.clone(), parts: vec![RatePpm(50_000)] });
    let class = standard();
    let lines = [(&class, Minor(15)), (&reduced, Minor(30)), (&class, Minor(15)), (&reduced, Minor(31))];
    let taxed: Vec<i64> = exclusive.assess(&lines).unwrap().iter().map(|line| line.tax.0).collect();
    assert_eq!(taxed, [2, 1, 1, 2]);
}

#[test]
fn gtins_are_checked() {
    for text in ["4006381333931", "036000291452", "73513537", "9780306406157", "10614141543219"] {
        assert_eq!(Gtin::parse(text).unwrap().to_string(), format!("{text:0>14}"));
    }
    assert_eq!(Gtin::parse("036000291452"), Gtin::parse("0036000291452"));
    assert_eq!(Gtin::parse("4006381333930"), Err(GtinError::CheckDigit { found: 0, expected: 1 }));
    assert_eq!(Gtin::parse("40063813339"), Err(GtinError::Length(11)));
    for text in ["", "400638133393X", "4.00638E+12", "٤٠٠٦٣٨١٣٣٣٩٣١"] {
        assert_eq!(Gtin::parse(text), Err(GtinError::NotDigits), "{text}");
    }
    let gtin = Gtin::parse("4006381333931").unwrap();
    assert_eq!((gtin.number(), Gtin::from_number(gtin.number())), (4_006_381_333_931, gtin));
}

#[test]
fn upc_e_is_expanded() {
    for (short, long) in [
        ("04252614", "042100005264"),
        ("01234505", "012000003455"),
        ("01234133", "012300000413"),
        ("01234147", "012340000017"),
        ("01234565", "012345000065"),
    ] {
        let body: String = long[..11].to_owned();
        let check = (0..10).find(|digit| Gtin::parse(&format!("{body}{digit}")).is_ok()).unwrap();
        let expected = Gtin::parse(&format!("{body}{check}")).unwrap();
        assert_eq!(Gtin::parse_upc_e(&format!("{}{check}", &short[..7])), Ok(expected), "{short}");
    }
    assert_eq!(Gtin::parse_upc_e("04252614"), Gtin::parse("042100005264"));
    assert!(matches!(Gtin::parse_upc_e("04252615"), Err(GtinError::CheckDigit { found: 5, expected: 4 })));
    assert_eq!(Gtin::parse_upc_e("24252614"), Err(GtinError::NotDigits));
    assert_eq!(Gtin::parse_upc_e("0425261"), Err(GtinError::Length(7)));
    assert_eq!(Gtin::parse_upc_e("04252é4"), Err(GtinError::NotDigits));
}

proptest! {
    #[test]
    fn a_printed_quantity_reads_back(milli in -Qty::MAX.milli()..=Qty::MAX.milli()) {
        let qty = Qty::from_milli(milli);
        prop_assert_eq!(Qty::parse(&qty.to_string()), Ok(qty));
        prop_assert_eq!(qty.is_whole(), milli % 1_000 == 0);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,24}") {
        let _ = (Qty::parse(&text), Gtin::parse(&text), Gtin::parse_upc_e(&text), Currency::parse(&text));
    }

    #[test]
    fn a_split_adds_up_and_is_fair(amount: i64, weights in prop::collection::vec(0_u64..1_000_000, 1..20)) {
        let parts = split(Minor(amount), &weights);
        let total: u64 = weights.iter().sum();
        prop_assert_eq!(parts.iter().map(|part| i128::from(part.0)).sum::<i128>(), i128::from(amount));
        for (part, weight) in parts.iter().zip(&weights).filter(|_| total > 0) {
            let exact = i128::from(amount) * i128::from(*weight);
            let off = (i128::from(part.0) * i128::from(total) - exact).abs();
            prop_assert!(off < i128::from(total), "a part is a whole unit or more off");
        }
    }

    /// T44: net + tax is what is charged on every line, and the document is the sum of its lines,
    /// both ways; the document's tax is its amount's, rounded once.
    #[test]
    fn t44_the_total_is_the_sum_of_the_printed_lines(
        amounts in prop::collection::vec(0_i64..1_000_000, 1..30), ppm in 0_u32..600_000,
    ) {
        for basis in BASES {
            let whole = rules(basis, TaxRounding::Line, &[ppm]);
            let (_, once) = taxes(&whole, &[amounts.iter().sum()]);
            for rounding in ROUNDINGS {
                let class = standard();
                let lines: Vec<_> = amounts.iter().map(|amount| (&class, Minor(*amount))).collect();
                let taxed = rules(basis, rounding, &[ppm]).assess(&lines).unwrap();
                let mut tax = 0;
                for (line, amount) in taxed.iter().zip(&amounts) {
                    prop_assert!(line.tax >= Minor::ZERO && line.net >= Minor::ZERO);
                    let as_charged = if basis == PriceBasis::TaxInclusive { line.gross() } else { line.net };
                    prop_assert_eq!(as_charged, Minor(*amount));
                    tax += line.tax.0;
                }
                prop_assert!(rounding == TaxRounding::Line || tax == once);
            }
        }
    }

    #[test]
    fn one_wrong_digit_is_found(number in 0_u64..10_000_000_000_000, at in 0_usize..14, by in 1_u8..10) {
        let body = format!("{number:013}");
        let valid = (0..10).map(|digit| format!("{body}{digit}")).find(|text| Gtin::parse(text).is_ok()).unwrap();
        let mut digits = valid.into_bytes();
        digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
        let mistyped = String::from_utf8(digits).unwrap();
        prop_assert!(Gtin::parse(&mistyped).is_err());
    }
}
