//! What scanners read: the vectors of the standards, wrong codes, and that nothing makes it panic.
#![allow(clippy::unwrap_used)]

use onhand_engine::date::Date;
use onhand_engine::gtin::Gtin;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_engine::scan::layout::{Layout, LayoutError, verifier_of};
use onhand_engine::scan::price::{Price, PriceError};
use onhand_engine::scan::{self, Measure, ScanError, Scanned, quantity_for};
use onhand_engine::time::Timestamp;
use proptest::prelude::*;

fn day(year: u16, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}

fn today() -> Date {
    day(2026, 2, 3)
}

fn layouts() -> Vec<Layout> {
    ["20IIIIIVPPPPC", "21IIIIIPPPPPC", "22IIIIVPPPPPC", "28IIIIVWWWWWC", "29IIIIIWWWWWC", "02IIIIIVPPPPC"]
        .map(|text| Layout::parse(text).unwrap())
        .to_vec()
}

fn read(code: &str) -> Result<Scanned, ScanError> {
    scan::read(code, &layouts(), today())
}

fn gtin(text: &str) -> Gtin {
    Gtin::parse(text).unwrap()
}

/// Digits with the GS1 check digit behind them.
fn checked(body: &str) -> String {
    (0..10).map(|last| format!("{body}{last}")).find(|text| onhand_engine::gtin::is_gs1_key(text)).unwrap()
}

#[test]
fn bare_digits_of_every_kind() {
    for (code, number) in [
        ("4006381333931", "4006381333931"),
        ("036000291452", "0036000291452"),
        ("73513537", "73513537"),
        ("10614141543219", "10614141543219"),
        ("]E04006381333931", "4006381333931"),
        ("]E473513537", "73513537"),
        (" 4006381333931\r\n", "4006381333931"),
        // Of the shop's own, and no layout begins so.
        ("2412345000009", "2412345000009"),
    ] {
        assert_eq!(read(code), Ok(Scanned::of(gtin(number))), "{code:?}");
    }
}

#[test]
fn upc_e_is_expanded() {
    for (code, number) in [
        ("01234505", "012000003455"),
        ("04252614", "042100005264"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234558", "012345000058"),
    ] {
        let Ok(found) = read(code) else { panic!("{code}: {:?}", read(code)) };
        assert_eq!(found.gtin, gtin(number), "{code}");
    }
    // Eight digits that are both: the catalogue knows which.
    let both = (0..10_000_000_u32)
        .map(|number| format!("{number:08}"))
        .find(|text| Gtin::parse(text).is_ok() && Gtin::parse_upc_e(text).is_ok_and(|long| long != gtin(text)))
        .unwrap();
    let found = read(&both).unwrap();
    assert_eq!((found.gtin, found.or), (Gtin::parse_upc_e(&both).unwrap(), Some(gtin(&both))));
    assert_eq!(read(&format!("]E4{both}")), Ok(Scanned::of(gtin(&both))));
}

#[test]
fn verifier_digits() {
    assert_eq!(verifier_of(&[2, 8, 7, 5]), Some(9));
    assert_eq!(verifier_of(&[1, 4, 6, 8, 5]), Some(6));
    assert_eq!(verifier_of(&[1, 2, 3]), None);
    // Each digit that is misread shows, and each two that change places.
    for number in 0..10_000_u32 {
        let digits: Vec<u8> = format!("{number:04}").bytes().map(|byte| byte - b'0').collect();
        let right = verifier_of(&digits);
        for at in 0..4 {
            let mut wrong = digits.clone();
            wrong[at] = (wrong[at] + 1) % 10;
            assert_ne!(verifier_of(&wrong), right, "{digits:?} {wrong:?}");
        }
    }
    for number in 0..100_000_u32 {
        let digits: Vec<u8> = format!("{number:05}").bytes().map(|byte| byte - b'0').collect();
        let right = verifier_of(&digits);
        assert!(right.is_some(), "{digits:?}");
        let mut wrong = digits.clone();
        wrong[2] = (wrong[2] + 1) % 10;
        assert_ne!(verifier_of(&wrong), right, "{digits:?}");
    }
}

#[test]
fn labels_carry_weight_or_price() {
    let price =
        |digits| Some(Measure { price: Some(Price { digits, decimals: None, currency: None }), ..Measure::default() });
    let weight = |grams| Some(Measure { weight: Some(Qty::from_milli(grams)), ..Measure::default() });
    for (body, item, measure) in [
        ("201234592875", "2012345000009", price(2_875)),
        ("211234514685", "2112345000006", price(14_685)),
        ("221234614685", "2212340000000", price(14_685)),
        ("281234614685", "2812340000008", weight(14_685)),
        ("291234500250", "2912345000000", weight(250)),
        ("021234592875", "0212345000004", price(2_875)),
    ] {
        let code = checked(body);
        let found = read(&code).unwrap_or_else(|why| panic!("{code}: {why}"));
        let item = checked(&item[..12]);
        assert_eq!((found.gtin, found.measure), (gtin(&item), measure), "{code}");
    }
    // A UPC-A scanner leaves out the leading zero.
    let upc = checked("021234592875");
    assert_eq!(read(&upc[1..]), read(&upc));
    assert_eq!(read(&checked("201234582875")), Err(ScanError::Verifier));
    assert_eq!(read("2012345928750").unwrap_err().to_string(), {
        let right = &checked("201234592875")[12..];
        format!("has an item number that ends in 0 where the check digit is {right}")
    });
}

#[test]
fn layouts_are_checked() {
    for text in ["20IIIIIVPPPPC", "02IIIIIVPPPPC", "04IIIIIPPPPPC", "28IIIIVWWWWWC", "2412IIIPPPPPC"] {
        assert_eq!(Layout::parse(text).unwrap().to_string(), text);
    }
    for (text, why) in [
        ("", LayoutError::Places),
        ("20IIIIIVPPPP", LayoutError::Places),
        ("20IIIIIVPPPPX", LayoutError::Places),
        ("20IIIII5PPPPC", LayoutError::Places),
        ("40IIIIIVPPPPC", LayoutError::Beginning),
        ("IIIIIIIVPPPPC", LayoutError::Beginning),
        ("2IIIIIIVPPPPC", LayoutError::Beginning),
        ("03IIIIIVPPPPC", LayoutError::Beginning),
        ("20VVIIIIPPPPC", LayoutError::Parts),
        ("20IIIIIIIIIIC", LayoutError::Parts),
        ("20IIIPPIIPPPC", LayoutError::Parts),
        ("20IIIIIPPWWWC", LayoutError::Parts),
        ("20CIIIIIPPPPC", LayoutError::Parts),
        ("20IIIIIIPPPPP", LayoutError::Parts),
        ("20PPPPPPPPPPC", LayoutError::Parts),
        ("20IIIIIIVPPPC", LayoutError::Verifier),
    ] {
        assert_eq!(Layout::parse(text), Err(why), "{text}");
    }
    let [wide, narrow, other] =
        ["24IIIIIPPPPPC", "2412IIIPPPPPC", "25IIIIIPPPPPC"].map(|text| Layout::parse(text).unwrap());
    assert!(wide.collides(&narrow) && narrow.collides(&wide) && !wide.collides(&other));
}

#[test]
fn element_strings_of_every_symbol() {
    let whole = Scanned {
        lot: Some(scan::Mark::new("ABC-1/2").unwrap()),
        serial: Some(scan::Mark::new("0000012345").unwrap()),
        expiry: Some(day(2026, 12, 31)),
        best_before: Some(day(2026, 11, 30)),
        produced: Some(day(2025, 1, 2)),
        measure: Some(Measure { weight: Some(Qty::from_milli(1_250)), ..Measure::default() }),
        ..Scanned::of(gtin("09506000134352"))
    };
    let dates = "172612311526113011250102";
    for code in [
        format!("]d20109506000134352{dates}310300125010ABC-1/2\u{1d}210000012345"),
        format!("]C10109506000134352{dates}310300125010ABC-1/2\u{1d}210000012345\u{1d}").replace("261231", "261200"),
        format!("]Q3\u{1d}010950600013435210ABC-1/2\u{1d}210000012345\u{1d}{dates}\u{1d}3103001250"),
        format!("010950600013435210ABC-1/2\u{1d}210000012345\u{1d}24012\u{1d}{dates}\u{1d}3103001250"),
        "(01)09506000134352(17)261200(15)261130(11)250102(3103)001250(10)ABC-1/2(21)0000012345".to_owned(),
    ] {
        assert_eq!(read(&code).as_ref(), Ok(&whole), "{code:?}");
    }
}

#[test]
fn elements_of_measures() {
    let measure =
        |data: &str| read(&format!("]d20109506000134352{data}")).map(|found| found.measure.unwrap_or_default());
    let weight = |milli| Ok(Measure { weight: Some(Qty::from_milli(milli)), ..Measure::default() });
    let price = |digits, decimals, currency| {
        Ok(Measure { price: Some(Price { digits, decimals: Some(decimals), currency }), ..Measure::default() })
    };
    assert_eq!(measure("3100000012"), weight(12_000));
    assert_eq!(measure("3102000125"), weight(1_250));
    assert_eq!(measure("3105123456"), weight(1_235));
    assert_eq!(measure("3024"), Ok(Measure { count: Some(Qty::units(24)), ..Measure::default() }));
    assert_eq!(measure("39221299"), price(1_299, 2, None));
    assert_eq!(measure("3932978").unwrap_err(), ScanError::Element(3_932));
    assert_eq!(measure("39329781299"), price(1_299, 2, Some(978)));
    for (data, why) in [
        ("310000001", ScanError::Element(31)),
        ("3103O01250", ScanError::Element(3_103)),
        ("30", ScanError::Element(30)),
        ("30123456789", ScanError::Element(30)),
        ("17261301", ScanError::Element(17)),
        ("17260230", ScanError::Element(17)),
        ("10", ScanError::Element(10)),
        ("10ABC\u{7f}", ScanError::Element(10)),
        ("21123456789012345678901", ScanError::Element(21)),
        ("10A\u{1d}10B", ScanError::Contradiction(10)),
        ("0109506000134352", ScanError::Unknown),
        ("XY", ScanError::Unknown),
    ] {
        let expected = if data.starts_with("01") { Ok(Measure::default()) } else { Err(why) };
        assert_eq!(measure(data), expected, "{data}");
    }
    assert_eq!(read("]d21012345"), Err(ScanError::NoItem));
    assert_eq!(read("]d201095060001343"), Err(ScanError::Element(1)));
    assert!(matches!(read("]d20109506000134353"), Err(ScanError::Gtin(_))));
}

#[test]
fn digital_links_of_any_host_and_form() {
    let expected = Scanned {
        lot: Some(scan::Mark::new("AB/C").unwrap()),
        serial: Some(scan::Mark::new("12%5").unwrap()),
        expiry: Some(day(2026, 12, 31)),
        ..Scanned::of(gtin("09506000134352"))
    };
    for code in [
        "https://id.gs1.org/01/09506000134352/10/AB%2FC/21/12%255?17=261200",
        "HTTPS://shop.example:8443/de/p/01/9506000134352/10/AB%2fC/21/12%255?utm=1&17=261231#top",
        "http://evil.example/gtin/09506000134352/lot/AB%2FC/ser/12%255?exp=261231",
        "]Q1https://id.gs1.org/01/09506000134352?10=AB%2FC&21=12%255&17=261231",
        "https://id.gs1.org/01/09506000134352/22/2A/10/AB%2FC/21/12%255/?17=261231;linkType=all",
    ] {
        assert_eq!(read(code).as_ref(), Ok(&expected), "{code}");
    }
    for (code, why) in [
        ("https://id.gs1.org/", ScanError::NoItem),
        ("https://id.gs1.org/01", ScanError::NoItem),
        ("https://id.gs1.org/01/09506000134352/10", ScanError::Unknown),
        ("https://id.gs1.org/01/09506000134352/10/%ff", ScanError::Unknown),
        ("https://id.gs1.org/01/09506000134352/10/a%20b", ScanError::Element(10)),
        ("https://id.gs1.org/01/09506000134352?17=991399", ScanError::Element(17)),
        ("ftp://id.gs1.org/01/09506000134352", ScanError::Unknown),
    ] {
        assert_eq!(read(code), Err(why), "{code}");
    }
    assert!(matches!(read("https://id.gs1.org/01/09506000134353"), Err(ScanError::Gtin(_))));
}

#[test]
fn codes_that_are_none() {
    let long = "1".repeat(scan::BYTES_MAX + 1);
    assert_eq!(read(&long), Err(ScanError::TooLong));
    for code in ["", "TEA", "]d", "]", "01", "0112345678901X34", "4006381333931x", "茶", "(01", "\u{1d}"] {
        assert!(read(code).is_err(), "{code:?}");
    }
}

#[test]
fn days_of_the_calendar() {
    for (days, expected) in [
        (0_u64, day(1970, 1, 1)),
        (59, day(1970, 3, 1)),
        (11_016, day(2000, 2, 29)),
        (11_017, day(2000, 3, 1)),
        (20_487, day(2026, 2, 3)),
        (47_541, day(2100, 3, 1)),
    ] {
        assert_eq!(Date::of(Timestamp(days * 86_400_000 + 86_399_999)), expected, "{days}");
    }
    assert_eq!(Date::of(Timestamp(u64::MAX)), day(9_999, 12, 31));
    for (text, expected) in [
        ("240229", Some(day(2024, 2, 29))),
        ("250229", None),
        ("240200", Some(day(2024, 2, 29))),
        ("230200", Some(day(2023, 2, 28))),
        ("261100", Some(day(2026, 11, 30))),
        ("261300", None),
        ("260001", None),
        ("760101", Some(day(2076, 1, 1))),
        ("770101", Some(day(1977, 1, 1))),
        ("26123", None),
        ("2612311", None),
        ("26-1-1", None),
    ] {
        assert_eq!(Date::parse_short(text, today()), expected, "{text}");
    }
    assert_eq!(Date::parse_short("250101", day(2075, 1, 1)), Some(day(2125, 1, 1)));
    assert_eq!(Date::parse_short("260101", day(2075, 1, 1)), Some(day(2026, 1, 1)));
    assert_eq!(today().to_string(), "2026-02-03");
}

#[test]
fn prices_in_the_money_of_the_place() {
    let [eur, jpy, bhd] = ["EUR", "JPY", "BHD"].map(|code| Currency::parse(code).unwrap());
    let price = |digits, decimals, currency| Price { digits, decimals, currency };
    assert_eq!(price(2_875, None, None).in_minor_units(eur), Ok(Minor(2_875)));
    assert_eq!(price(1_299, Some(2), Some(978)).in_minor_units(eur), Ok(Minor(1_299)));
    assert_eq!(price(12, Some(0), None).in_minor_units(eur), Ok(Minor(1_200)));
    assert_eq!(price(12_990, Some(3), None).in_minor_units(eur), Ok(Minor(1_299)));
    assert_eq!(price(12_995, Some(3), None).in_minor_units(eur), Err(PriceError::NotAnAmount));
    assert_eq!(price(500, Some(0), Some(392)).in_minor_units(jpy), Ok(Minor(500)));
    assert_eq!(price(5_005, Some(1), None).in_minor_units(jpy), Err(PriceError::NotAnAmount));
    assert_eq!(price(15, Some(1), None).in_minor_units(bhd), Ok(Minor(1_500)));
    assert_eq!(price(1, Some(0), Some(840)).in_minor_units(eur), Err(PriceError::OtherCurrency));
    assert_eq!(price(999_999_999_999_999, Some(0), None).in_minor_units(eur), Err(PriceError::NotAnAmount));
    assert_eq!(quantity_for(Minor(499), Minor(1_999)), Some(Qty::from_milli(250)));
    assert_eq!(quantity_for(Minor(499), Minor(0)), None);
}

/// Any of what a symbol can say, as its standard writes it.
fn anything() -> impl Strategy<Value = Scanned> {
    let mark = "[A-Za-z0-9/%&+.?=_-]{1,20}";
    let date =
        (2_000_u16..2_060, 1_u8..=12, 1_u8..=28).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap());
    let measure = prop_oneof![
        (0_i64..1_000_000).prop_map(|milli| Measure { weight: Some(Qty::from_milli(milli)), ..Measure::default() }),
        (1_i64..100_000_000).prop_map(|units| Measure { count: Some(Qty::units(units)), ..Measure::default() }),
        (0_u64..1_000_000_000, 0_u8..=9, proptest::option::of(1_u16..=999)).prop_map(|(digits, decimals, currency)| {
            Measure { price: Some(Price { digits, decimals: Some(decimals), currency }), ..Measure::default() }
        }),
    ];
    let of = proptest::option::of::<BoxedStrategy<String>>;
    let dates = [(); 3].map(|()| proptest::option::of(date.clone()));
    (0_u64..10_u64.pow(13), proptest::option::of(measure), of(mark.boxed()), of(mark.boxed()), dates).prop_map(
        |(body, measure, lot, serial, [expiry, best_before, produced])| Scanned {
            measure,
            lot: lot.map(|text| scan::Mark::new(&text).unwrap()),
            serial: serial.map(|text| scan::Mark::new(&text).unwrap()),
            expiry,
            best_before,
            produced,
            ..Scanned::of(gtin(&checked(&format!("{body:013}"))))
        },
    )
}

/// Identifier and data of each element.
fn elements(scanned: &Scanned) -> Vec<(String, String)> {
    let mut all = vec![("01".to_owned(), scanned.gtin.to_string())];
    let six = |date: &Date| date.to_string().replace('-', "")[2..].to_owned();
    let dates = [("17", &scanned.expiry), ("15", &scanned.best_before), ("11", &scanned.produced)];
    all.extend(dates.iter().filter_map(|(ai, date)| Some(((*ai).to_owned(), six(date.as_ref()?)))));
    all.extend(scanned.lot.iter().map(|lot| ("10".to_owned(), lot.to_string())));
    all.extend(scanned.serial.iter().map(|serial| ("21".to_owned(), serial.to_string())));
    let measure = scanned.measure.unwrap_or_default();
    all.extend(measure.weight.map(|weight| ("3103".to_owned(), format!("{:06}", weight.milli()))));
    all.extend(measure.count.map(|count| ("30".to_owned(), (count.milli() / 1_000).to_string())));
    all.extend(measure.price.map(|price| {
        let decimals = price.decimals.unwrap();
        match price.currency {
            Some(currency) => (format!("393{decimals}"), format!("{currency:03}{}", price.digits)),
            None => (format!("392{decimals}"), price.digits.to_string()),
        }
    }));
    all
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn what_was_written_is_read(scanned in anything(), shuffle in 0_usize..8) {
        let mut all = elements(&scanned);
        // The number may stand anywhere.
        let by = shuffle % all.len();
        all.rotate_left(by);
        let string: String = all.iter().map(|(ai, data)| format!("{ai}{data}\u{1d}")).collect();
        prop_assert_eq!(read(&format!("]d2{string}")), Ok(scanned.clone()), "{:?}", string);
        let without_needless: String = all.iter().map(|(ai, data)| {
            let fixed = ["01", "11", "15", "17"].contains(&ai.as_str()) || ai.starts_with("31");
            format!("{ai}{data}{}", if fixed { "" } else { "\u{1d}" })
        }).collect();
        prop_assert_eq!(read(&format!("]C1{without_needless}")), Ok(scanned.clone()));
        let query: Vec<String> = elements(&scanned)[1..].iter().map(|(ai, data)| format!("{ai}={}", escaped(data))).collect();
        let link = format!("https://id.example/01/{}?{}", scanned.gtin, query.join("&"));
        prop_assert_eq!(read(&link), Ok(scanned.clone()), "{}", link);
    }

    #[test]
    fn labels_written_are_read(item in 0_u32..100_000, value in 0_u32..10_000) {
        let digits: Vec<u8> = format!("{value:04}").bytes().map(|byte| byte - b'0').collect();
        let verifier = verifier_of(&digits).unwrap();
        let found = read(&checked(&format!("20{item:05}{verifier}{value:04}"))).unwrap();
        prop_assert_eq!(found.gtin, gtin(&checked(&format!("20{item:05}00000"))));
        prop_assert_eq!(found.measure.unwrap().price.unwrap().digits, u64::from(value));
    }

    #[test]
    fn no_code_makes_it_panic(code in ".{0,60}") {
        let _ = read(&code);
    }

    #[test]
    fn no_symbol_makes_it_panic(code in "(\\]d2|\\]C1|\\]Q3|\\]Q1|\\]E0|https://h/01/|\\(01\\))?[0-9]{0,18}[0-9A-Z%/?=&()\u{1d}é]{0,40}") {
        if let Ok(found) = read(&code) {
            prop_assert!(Gtin::parse(&found.gtin.to_string()).is_ok(), "{:?}", found);
        }
    }

    #[test]
    fn no_layout_makes_it_panic(text in "[0-9IVPWC]{0,14}", code in "[0-9]{8,14}") {
        if let Ok(layout) = Layout::parse(&text) {
            prop_assert_eq!(layout.to_string(), text);
            let _ = scan::read(&code, &[layout], today());
        }
    }
}
