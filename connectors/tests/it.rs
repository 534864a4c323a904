//! Catalogue files read: small ones of our own, and the real ones where they are at hand.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use expect_test::{Expect, expect};
use flate2::{Compression, write::GzEncoder};
use onhand_connectors::{Catalogue, Format, ReadOptions, Severity, read, read_bytes};
use onhand_engine::ids::Label;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::{Qty, Unit};
use std::io::Write;
use std::path::{Path, PathBuf};

fn standard() -> ReadOptions {
    ReadOptions { tax_class: Some(Label::new("standard").unwrap()), ..ReadOptions::default() }
}

/// Items and findings as text.
fn show(catalogue: &Catalogue) -> String {
    let mut text = format!("{:?}, {} lines\n", catalogue.format, catalogue.lines);
    for item in &catalogue.items {
        let gtins: Vec<String> = item.gtins.iter().map(ToString::to_string).collect();
        let price = item.price.map_or("-".to_owned(), |price| price.0.to_string());
        text += &format!(
            "{} | {} | {} | {} | {} | {} | {}\n",
            item.code,
            item.name,
            gtins.join(" "),
            item.unit.name(),
            item.tax_class,
            price,
            item.category
        );
    }
    for stock in &catalogue.stock {
        let location = stock.location.as_ref().map_or("?", |location| location.as_str());
        text += &format!("stock {location} {} {}\n", stock.sku, stock.qty);
    }
    for finding in &catalogue.findings {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        text += &format!("{}: {severity}: {}: {} -> {}\n", finding.line, finding.field, finding.problem, finding.mend);
    }
    text
}

fn check(text: impl AsRef<[u8]>, options: &ReadOptions, expected: &Expect) {
    expected.assert_eq(&show(&read_bytes(text.as_ref(), options)));
}

#[test]
fn our_own_layout() {
    let text = "\u{feff}SKU,Name,gtin,unit,tax_class,price,category,location,on_hand\r\n\
        TEA,Black tea,4006381333931 73513537,,reduced,3.5,Food,S1,12\r\n\
        TEA,Black tea,4006381333931 73513537,,reduced,3.5,Food,S2,0\r\n\
        RICE,\"Rice, loose\",,KG,reduced,2.20,Food,S1,7.25\r\n\
        BAG,Bag,036000291452,,,.05,,,\r\n";
    check(
        text,
        &standard(),
        &expect![[r#"
        Some(Onhand), 4 lines
        TEA | Black tea | 04006381333931 00000073513537 | each | reduced | 350 | Food
        RICE | Rice, loose |  | kg | reduced | 220 | Food
        BAG | Bag | 00036000291452 | each | standard | 5 | 
        stock S1 TEA 12
        stock S2 TEA 0
        stock S1 RICE 7.25
    "#]],
    );
}

#[test]
fn every_mistake_has_its_line_and_mend() {
    let text = "sku,name,gtin,unit,tax_class,price,category,location,on_hand\n\
        A,Tea,4006381333932,,standard,1,,,\n\
        A,Tea again,,,standard,1,,,\n\
        B,Cup,4006381333931,,standard,1,,,\n\
        C,Mug,4006381333931,,standard,1,,,\n\
        D,,12345,box,standard,1,,,\n\
        ,Nameless,4.00638E+12,,standard,1,,,\n\
        E,Pot,,,,\"1,50\",,,\n\
        F,Pan,,,standard,4006381333931,,,\n\
        G,Lid,,,standard,1.999,,,\n\
        H,Jar,,,standard,-1,,S1,-2\n\
        I,Cap,,,standard,0,,S1,1.5\n\
        J,Hat,,,standard,free,,S1,many,extra\n\
        K,Box,,,standard,1,,S1,1\n\
        K,Box,,,standard,1,,S1,2\n";
    check(
        text,
        &ReadOptions::default(),
        &expect![[r#"
            Some(Onhand), 14 lines
            A | Tea |  | each | standard | 100 | 
            B | Cup | 04006381333931 | each | standard | 100 | 
            C | Mug | 04006381333931 | each | standard | 100 | 
            F | Pan |  | each | standard | - | 
            G | Lid |  | each | standard | - | 
            H | Jar |  | each | standard | - | 
            I | Cap |  | each | standard | 0 | 
            K | Box |  | each | standard | 100 | 
            stock S1 H 0
            stock S1 K 1
            2: error: gtin: it holds what looks like a payment card number (1020) -> take it out: onhand keeps none
            2: error: gtin: bar code [card number] ends in 2 where the check digit is 1 -> scan the item again; if all other digits are right it is 4006381333931
            3: error: sku: SKU A is on line 2 already -> remove one of the two lines, or give one of them another SKU
            5: error: gtin: bar code 04006381333931 belongs to SKU B on line 4 already -> remove it from the item that it is not printed on
            6: error: name: it has no name -> give the item a name
            6: error: unit: unit "box" is not known -> use each, kg, l or m
            6: error: gtin: bar code 12345 has 5 digits where 8, 12, 13 or 14 are expected -> restore leading zeros that a spreadsheet removed, or leave the cell empty
            7: error: sku: it has no SKU -> give the item a SKU of its own
            7: error: gtin: bar code 4.00638E+12 has something other than digits -> a spreadsheet rounded it: format the column as text and enter the digits again
            8: error: tax_class: it has no tax class -> enter one, or give one for all such lines by --tax-class
            8: error: price: price 1,50 has a comma -> write decimals with a point and no separators: 1234.50
            9: error: price: price 4006381333931 is beyond 1,000,000 -> check it: a bar code may have slipped into the column
            10: error: price: price 1.999 has more decimals than EUR has -> round it, or name the currency of the file by --currency
            11: error: price: price -1 is below zero -> enter an amount such as 12.50
            11: warning: on_hand: its stock is -2 -> it is taken as 0; count the item
            12: warning: price: its price is zero -> enter a price, or leave it empty if tills key it in
            12: error: on_hand: 1.5 of an item counted by the piece -> use whole numbers, or unit kg
            13: error: : it has 10 cells where the header has 9 -> put text that contains the separator in double quotes
            15: error: on_hand: its stock at this location is on line 14 already -> keep one of the two lines
        "#]],
    );
}

#[test]
fn text_that_is_no_utf8_is_named_by_line() {
    check(
        b"sku,name,tax_class\nA,Caf\xe9,x\nB,Tea,x\n",
        &standard(),
        &expect![[r#"
            Some(Onhand), 2 lines
            B | Tea |  | each | x | - | 
            2: error: : it is not UTF-8 text -> save the file as "CSV UTF-8"
        "#]],
    );
    check(
        b"\xff\xfes\0k\0u\0",
        &standard(),
        &expect![[r#"
        None, 0 lines
        0: error: : it is UTF-16 text -> save it as "CSV UTF-8"
    "#]],
    );
}

#[test]
fn files_that_are_no_catalogue() {
    check(
        "a,b\n1,2\n",
        &standard(),
        &expect![[r#"
        None, 1 lines
        1: error: : its columns are of no catalogue that we know -> the first line must name the columns: sku,name,gtin,unit,tax_class,price,category for our own layout; Shopify's and WooCommerce's product exports are read as they are (in English)
    "#]],
    );
    check(
        "",
        &standard(),
        &expect![[r#"
        None, 0 lines
        1: error: : its columns are of no catalogue that we know -> the first line must name the columns: sku,name,gtin,unit,tax_class,price,category for our own layout; Shopify's and WooCommerce's product exports are read as they are (in English)
    "#]],
    );
    check(
        "sku,name\n",
        &standard(),
        &expect![[r#"
        Some(Onhand), 0 lines
        0: error: : it has no lines after the header -> export it again
    "#]],
    );
    check(
        b"\x1f\x8bno gzip",
        &standard(),
        &expect![[r#"
        None, 0 lines
        0: error: : it is a damaged gzip file: unexpected end of file -> fetch or pack it again
    "#]],
    );
}

#[test]
fn semicolons_and_gzip_are_found_by_content() {
    let text = "sku;name;tax_class;price\nA;Tea;standard;1.50\n";
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(read_bytes(&packed, &standard()).items, read_bytes(text.as_bytes(), &standard()).items);
    check(
        packed,
        &standard(),
        &expect![[r#"
        Some(Onhand), 1 lines
        A | Tea |  | each | standard | 150 | 
    "#]],
    );
}

#[test]
fn decimals_of_a_price_follow_its_currency() {
    let price = |text: &str, currency: &str| {
        let options = ReadOptions { currency: Currency::parse(currency).unwrap(), ..standard() };
        let file = format!("sku,name,price\nA,Tea,{text}\n");
        read_bytes(file.as_bytes(), &options).items.first().and_then(|item| item.price)
    };
    assert_eq!(price("12.50", "EUR"), Some(Minor(1_250)));
    assert_eq!(price("0.1", "EUR"), Some(Minor(10)));
    assert_eq!(price("1200.00", "JPY"), Some(Minor(1_200)));
    assert_eq!(price("1.005", "KWD"), Some(Minor(1_005)));
    assert_eq!(price("1.005", "EUR"), None);
    assert_eq!(price("1e3", "EUR"), None);
}

#[test]
fn shopify_variants() {
    let text = "Handle,Title,Type,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Qty,Variant Price,Variant Taxable,Variant Barcode,Image Src,Gift Card\n\
        shirt,Ocean Shirt,Shirt,Size,Extra Large,Colour,Navy/Blue,,3,50,true,,a.jpg,false\n\
        shirt,,,,Small,,Red,SH-S-R,0,49.9,true,'4006381333931,,\n\
        shirt,,,,,,,,,,,,b.jpg,\n\
        mug,Mug,,Title,Default Title,,,'0012,1,9.99,false,,,false\n\
        card,Gift card,,Title,10,,,GC,,10,false,,,true\n";
    check(
        text,
        &standard(),
        &expect![[r#"
        Some(Shopify), 5 lines
        shirt-extra-large-navy-blue | Ocean Shirt - Extra Large / Navy/Blue |  | each | standard | 5000 | Shirt
        SH-S-R | Ocean Shirt - Small / Red | 04006381333931 | each | standard | 4990 | Shirt
        0012 | Mug |  | each | exempt | 999 | 
        stock ? shirt-extra-large-navy-blue 3
        stock ? SH-S-R 0
        stock ? 0012 1
        2: warning: Variant SKU: it has no SKU; shirt-extra-large-navy-blue was made of handle and options -> enter SKUs in Shopify, so that both sides mean the same item
        5: warning: Variant Taxable: it is not taxed -> it gets tax class exempt; each location needs a rate for it
        6: note: Gift Card: gift cards are not stock -> it was passed over
    "#]],
    );
}

#[test]
fn woocommerce_types() {
    let text = "\u{feff}ID,Type,SKU,Name,\"Tax status\",\"Tax class\",Stock,\"Sale price\",\"Regular price\",Categories,Parent\n\
        1,variable,tee,Tee,taxable,reduced-rate,10,,,Clothing,\n\
        2,variation,tee-red,Tee - Red,taxable,parent,parent,15,20,,tee\n\
        3,\"simple, downloadable, virtual\",album,Album,taxable,,,,15,Music,\n\
        4,grouped,set,Set,taxable,,,,,,\n\
        5,external,flag,Flag,taxable,,,,11.05,,\n\
        6,simple,,Belt,none,,4,,65,,\n\
        7,variation,lost,Lost,taxable,,,,,,gone\n";
    check(
        text,
        &ReadOptions::default(),
        &expect![[r#"
        Some(WooCommerce), 7 lines
        tee-red | Tee - Red |  | each | reduced-rate | 2000 | Clothing
        woo-6 | Belt |  | each | exempt | 6500 | 
        lost | Lost |  | each | standard | - | 
        stock ? woo-6 4
        2: note: Type: its variations are sold, not itself -> it was passed over
        3: note: Sale price: its sale price is not taken -> the regular price is the shelf price
        3: note: Stock: its parent keeps its stock -> count the variations one by one
        4: note: Type: a download or service has no stock to count -> it was passed over
        5: note: Type: a group is not sold, its members are -> it was passed over
        6: note: Type: another shop sells it -> it was passed over
        7: warning: SKU: it has no SKU; woo-6 was made of its ID -> enter SKUs in WooCommerce, so that both sides mean the same item
        7: warning: Tax status: it is not taxed -> it gets tax class exempt; each location needs a rate for it
        8: warning: Parent: its parent "gone" is not in the file -> export all products together if name or category are missing
        8: warning: Regular price: it has no price -> enter one, or tills must key it in
    "#]],
    );
}

#[test]
fn the_sample_chain_is_in_our_own_layout() {
    let catalogue = read_bytes(include_bytes!("../../loadtest/sample/items.csv"), &ReadOptions::default());
    assert_eq!((catalogue.items.len(), catalogue.findings.len()), (308, 0), "{}", show(&catalogue));
    assert!(catalogue.items.iter().all(|item| item.price.is_some() && !item.category.is_empty()));
}

/// The sample data, where it is at hand.
fn sample(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = ["../shared/data", "../../shared/data"].into_iter();
    let found = folders.find_map(|folder| Some(root.join(folder).join(name)).filter(|path| path.exists()));
    if found.is_none() {
        eprintln!("passed over: ../shared/data/{name} is not here");
    }
    found
}

#[test]
fn the_products_of_complete_journey() {
    let Some(path) = sample("complete-journey/products.csv.gz") else { return };
    let catalogue = read(&path, &standard()).unwrap();
    assert_eq!(catalogue.format, Some(Format::CompleteJourney));
    assert_eq!((catalogue.lines, catalogue.items.len(), catalogue.findings.len()), (92_331, 92_331, 0));
    assert!(catalogue.items.iter().all(|item| !item.name.is_empty() && item.unit == Unit::Each));
    let unsaid = read(&path, &ReadOptions::default()).unwrap();
    assert_eq!((unsaid.items.len(), unsaid.count(Severity::Note), unsaid.is_clean()), (92_331, 1, true));
    assert_eq!(unsaid.items[0].tax_class.as_str(), "standard");
}

#[test]
fn the_sample_of_woocommerce() {
    let Some(path) = sample("woocommerce/sample_products.csv") else { return };
    let catalogue = read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(catalogue.format, Some(Format::WooCommerce));
    assert_eq!((catalogue.lines, catalogue.items.len(), catalogue.is_clean()), (25, 19, true));
}

#[test]
fn the_samples_of_shopify() {
    for (name, lines, items) in [("apparel", 22, 22), ("home-and-garden", 21, 21), ("jewelery", 41, 23)] {
        let Some(path) = sample(&format!("shopify/{name}.csv")) else { return };
        let catalogue = read(&path, &standard()).unwrap();
        assert_eq!(catalogue.format, Some(Format::Shopify));
        assert_eq!((name, catalogue.lines, catalogue.items.len()), (name, lines, items));
        assert_eq!(catalogue.count(Severity::Error), 0, "{}", show(&catalogue));
        assert_eq!(read(&path, &ReadOptions::default()).unwrap().items, catalogue.items);
    }
}

#[test]
fn a_card_number_is_an_error_that_names_the_line_and_not_the_number() {
    let text = "sku,name,gtin,tax_class,category,location,on_hand\n\
        TEA,Tea,4006381333931 73513537,standard,Food,,\n\
        4006381000093,Tea whose code is its bar code,4006381000093,standard,,,\n\
        CUP,Cup for 4111 1111 1111 1111,,standard,,,\n\
        4111111111111111,Cup,4111111111111111,standard,378282246310005,5555-5555-5555-4444,1\n";
    check(
        text,
        &standard(),
        &expect![[r#"
        Some(Onhand), 4 lines
        TEA | Tea | 04006381333931 00000073513537 | each | standard | - | Food
        4006381000093 | Tea whose code is its bar code | 04006381000093 | each | standard | - | 
        CUP | Cup for 4111 1111 1111 1111 |  | each | standard | - | 
        4111111111111111 | Cup |  | each | standard | - | 378282246310005
        stock 5555-5555-5555-4444 4111111111111111 1
        4: error: name: it holds what looks like a payment card number (1020) -> take it out: onhand keeps none
        5: error: sku: it holds what looks like a payment card number (1020) -> take it out: onhand keeps none
        5: error: gtin: it holds what looks like a payment card number (1020) -> take it out: onhand keeps none
        5: error: category: it holds what looks like a payment card number (1020) -> take it out: onhand keeps none
        5: error: location: it holds what looks like a payment card number (1020) -> take it out: onhand keeps none
        5: error: gtin: bar code [card number] has 16 digits where 8, 12, 13 or 14 are expected -> restore leading zeros that a spreadsheet removed, or leave the cell empty
    "#]],
    );
}

#[test]
fn what_things_cost_the_shop_is_read_where_a_file_says_it() {
    let own =
        "sku,name,gtin,unit,tax_class,price,category,unit_cost\nTEA,Tea,,,food,3.50,Food,1.24\nBAG,Bag,,,food,1,,\n";
    let shopify = "Handle,Title,Option1 Value,Variant SKU,Variant Price,Cost per item\n\
                   tea,Tea,Default Title,TEA,3.50,1.24\nbag,Bag,Default Title,BAG,1.00,\n";
    for text in [own, shopify] {
        let catalogue = read_bytes(text.as_bytes(), &standard());
        let costs: Vec<_> = catalogue.items.iter().map(|item| item.unit_cost.map(|cost| cost.0)).collect();
        assert_eq!(costs, [Some(124), None], "{}", show(&catalogue));
    }
}

/// Who may buy an item stands in a column of our own layout; an empty cell says nothing.
#[test]
fn our_own_layout_says_who_may_buy_what() {
    let read = |cell: &str| {
        let text = format!("sku,name,gtin,unit,tax_class,price,category,terms\nWINE,Wine,,,food,9.00,Drinks,{cell}\n");
        read_bytes(text.as_bytes(), &ReadOptions::default())
    };
    let catalogue = read("min_age=18 only=store max_per_order=6 blocked=recalled lots serials");
    assert!(catalogue.findings.is_empty(), "{:?}", catalogue.findings);
    let terms = catalogue.items[0].terms.as_ref().unwrap();
    assert_eq!((terms.min_age, terms.only.map(|only| only.name())), (Some(18), Some("store")));
    assert_eq!((terms.max_per_order, terms.serials, terms.lots), (Some(Qty::units(6)), true, true));
    assert_eq!(terms.blocked.as_ref().map(|reason| reason.as_str()), Some("recalled"));
    assert_eq!(read("").items[0].terms, None);
    for wrong in ["min_age=old", "only=here", "max_per_order=0", "serials=yes", "colour=red"] {
        let findings = read(wrong).findings;
        assert_eq!((findings.len(), findings[0].field), (1, "terms"), "{wrong}");
    }
}

/// What a kit is made of stands in a column of our own layout, the parts before or after it.
#[test]
fn our_own_layout_says_what_a_kit_is_made_of() {
    let text = "sku,name,unit,tax_class,price,parts,location,on_hand\n\
        GIFT,Gift box,,food,19.99,2 TEA | 1 BIG MUG | 0.25 NUTS,S1,\n\
        GIFT,Gift box,,food,19.99,2 TEA | 1 BIG MUG | 0.25 NUTS,S2,\n\
        TEA,Tea,,food,4.50,,S1,10\n\
        BIG MUG,Mug,,food,9.00,,S1,4\n\
        NUTS,Nuts,kg,food,12.00,,S1,2.5\n\
        PAIR,Two from elsewhere,,food,5.00,2 CUP,,\n";
    let catalogue = read_bytes(text.as_bytes(), &standard());
    assert!(catalogue.is_clean(), "{}", show(&catalogue));
    let kits: Vec<String> = catalogue
        .kits
        .iter()
        .map(|kit| {
            let parts: Vec<String> = kit.parts.iter().map(|part| format!("{} {}", part.qty, part.sku)).collect();
            format!("{}: {} = {}", kit.line, catalogue.items[kit.item].code, parts.join(" + "))
        })
        .collect();
    assert_eq!(kits, ["2: GIFT = 2 TEA + 1 BIG MUG + 0.25 NUTS", "7: PAIR = 2 CUP"]);
}

#[test]
fn every_mistake_of_a_kit_has_its_line_and_column() {
    let many: Vec<String> = (0..21).map(|n| format!("1 P{n}")).collect();
    let text = format!(
        "sku,name,unit,tax_class,parts,on_hand\n\
        A,Kit,,food,TEA,\n\
        B,Kit,,food,0 TEA,\n\
        C,Kit,,food,1 TEA | 2 TEA,\n\
        D,Kit,,food,{},\n\
        E,Kit,kg,food,1 TEA,\n\
        F,Kit,,food,1.5 TEA,\n\
        G,Kit,,food,1 G | 1 F,\n\
        H,Kit,,food,1 TEA,3\n\
        I,Kit,,food,1 4111111111111111,\n\
        J,Kit,,food,1 TEA,\n\
        J,Kit,,food,2 TEA,\n\
        TEA,Tea,,food,,5\n",
        many.join("|")
    );
    let catalogue = read_bytes(text.as_bytes(), &ReadOptions::default());
    let found: Vec<String> = catalogue
        .findings
        .iter()
        .map(|one| format!("{}: {}: {} -> {}", one.line, one.field, one.problem, one.mend))
        .collect();
    expect![[r#"
        2: parts: "TEA" is no quantity and SKU -> name how much of which SKU, 2 TEA | 1 MUG, at most 20 parts
        3: parts: "0 TEA" is no quantity and SKU -> name how much of which SKU, 2 TEA | 1 MUG, at most 20 parts
        4: parts: TEA stands there twice -> name how much of which SKU, 2 TEA | 1 MUG, at most 20 parts
        5: parts: it has 21 parts, and a kit has at most 20 -> name how much of which SKU, 2 TEA | 1 MUG, at most 20 parts
        6: unit: a kit is counted by the piece -> leave the unit empty, or use each
        7: parts: 1.5 of TEA, which is counted by the piece -> use whole numbers
        8: parts: G is a kit itself -> name what that one is made of: there are no kits of kits
        8: parts: F is a kit itself -> name what that one is made of: there are no kits of kits
        9: on_hand: a kit has no stock of its own (2031) -> leave it empty, and count its parts
        10: parts: it holds what looks like a payment card number (1020) -> take it out: onhand keeps none
        12: sku: SKU J is on line 11 already -> remove one of the two lines, or give one of them another SKU
    "#]]
    .assert_eq(&(found.join("\n") + "\n"));
}
