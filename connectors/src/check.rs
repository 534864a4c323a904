//! What every format has in common: cells become checked items, duplicates are found, and whatever
//! is wrong becomes a finding with its line and its mend.

use crate::amount::{self, AmountError};
use crate::catalogue::{Catalogue, Finding, Format, Kit, KitPart, ReadOptions, Severity, StockLine};
use crate::{parts, terms};
use onhand_engine::card_number;
use onhand_engine::catalogue::Item;
use onhand_engine::gtin::{Gtin, GtinError, is_gs1_key};
use onhand_engine::ids::{Label, LocationCode, SkuCode, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::qty::{Qty, QtyError, Unit};
use std::collections::HashMap;
use std::sync::Arc;

/// The most characters of a name or category.
const NAME_MAX: usize = 200;

/// The cells of one item, as some format had them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft<'a> {
    pub(crate) line: u64,
    pub(crate) sku: &'a str,
    pub(crate) name: &'a str,
    /// One or several, separated by blanks or `|`.
    pub(crate) gtins: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) tax_class: &'a str,
    pub(crate) price: &'a str,
    pub(crate) unit_cost: &'a str,
    pub(crate) category: &'a str,
    pub(crate) location: &'a str,
    pub(crate) on_hand: &'a str,
    /// Who may buy it and how its pieces are told apart, in words.
    pub(crate) terms: &'a str,
    /// What it is made of, in words.
    pub(crate) parts: &'a str,
}

/// Collects items, stock and findings.
pub(crate) struct Checker<'a> {
    pub(crate) options: &'a ReadOptions,
    pub(crate) format: Option<Format>,
    pub(crate) findings: Vec<Finding>,
    items: Vec<Item>,
    kits: Vec<Kit>,
    stock: Vec<StockLine>,
    first_lines: HashMap<SkuCode, (u64, usize)>,
    gtin_lines: HashMap<Gtin, (u64, SkuCode)>,
    stock_lines: HashMap<(SkuCode, Option<LocationCode>), u64>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(options: &'a ReadOptions) -> Self {
        Self {
            options,
            format: None,
            findings: Vec::new(),
            items: Vec::new(),
            kits: Vec::new(),
            stock: Vec::new(),
            first_lines: HashMap::new(),
            gtin_lines: HashMap::new(),
            stock_lines: HashMap::new(),
        }
    }

    pub(crate) fn finish(mut self) -> Catalogue {
        self.findings.extend(parts::check(&self.kits, &self.items));
        self.findings.sort_by_key(|finding| finding.line);
        let Self { format, items, kits, stock, findings, .. } = self;
        Catalogue { format, lines: 0, items, kits, stock, findings }
    }

    pub(crate) fn error(
        &mut self,
        line: u64,
        field: &'static str,
        problem: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.find(Severity::Error, line, field, problem.into(), mend.into());
    }

    pub(crate) fn warn(&mut self, line: u64, field: &'static str, problem: impl Into<String>, mend: impl Into<String>) {
        self.find(Severity::Warning, line, field, problem.into(), mend.into());
    }

    pub(crate) fn note(&mut self, line: u64, field: &'static str, problem: impl Into<String>, mend: impl Into<String>) {
        self.find(Severity::Note, line, field, problem.into(), mend.into());
    }

    fn find(&mut self, severity: Severity, line: u64, field: &'static str, problem: String, mend: String) {
        // They quote the cell.
        let (problem, mend) = (card_number::mask(&problem).into_owned(), card_number::mask(&mend).into_owned());
        self.findings.push(Finding { line, severity, field, problem, mend });
    }

    /// Checks the cells of one item and takes it, its errors included in the findings.
    pub(crate) fn take(&mut self, draft: &Draft<'_>) {
        let line = draft.line;
        self.card_numbers(draft);
        let code = self.sku(draft);
        let name = self.text(line, "name", draft.name);
        if draft.name.is_empty() {
            self.error(line, "name", "it has no name", "give the item a name");
        }
        let category = self.text(line, "category", draft.category);
        let unit = self.unit(line, draft.unit);
        let gtins = self.gtins(line, draft.gtins);
        let tax_class = self.tax_class(line, draft.tax_class);
        let price = self.amount(line, "price", draft.price);
        if price == Some(Minor::ZERO) {
            self.warn(line, "price", "its price is zero", "enter a price, or leave it empty if tills key it in");
        }
        let unit_cost = self.amount(line, "unit_cost", draft.unit_cost);
        let terms = match terms::read(draft.terms, unit.unwrap_or_default()) {
            Ok(terms) => terms.map(Arc::new),
            Err(problem) => {
                let mend = "use min_age=, only=store or online, blocked=, max_per_order=, serials (of pieces), lots";
                return self.error(line, "terms", problem, mend);
            }
        };
        let parts = self.parts(draft, unit);
        let (Some(code), Some(tax_class), Some(unit)) = (code, tax_class, unit) else { return };
        if parts.is_empty() {
            self.stock(draft, &code, unit);
        }
        self.claim_gtins(line, &gtins, &code);
        let sku = SkuId(0);
        let item = Item { sku, code: code.clone(), name, gtins, unit, tax_class, price, category, unit_cost, terms };
        self.put(draft, code, item, parts);
    }

    /// The server takes none, and would refuse the whole file.
    fn card_numbers(&mut self, draft: &Draft<'_>) {
        let is_one = |text: &str| card_number::find(text.as_bytes()).is_some();
        let is_ones_code = |text: &str| is_one(text) && !is_gs1_key(text);
        for (field, has_one) in [
            ("sku", is_ones_code(draft.sku)),
            ("name", is_one(draft.name)),
            // Several bar codes with blanks between them are no one number.
            ("gtin", draft.gtins.split_whitespace().any(is_ones_code)),
            ("tax_class", is_one(draft.tax_class)),
            ("category", is_one(draft.category)),
            ("location", is_ones_code(draft.location)),
            ("parts", draft.parts.split('|').filter_map(parts::sku).any(is_ones_code)),
        ] {
            if has_one {
                let problem = "it holds what looks like a payment card number (1020)";
                self.error(draft.line, field, problem, "take it out: onhand keeps none");
            }
        }
    }

    /// What it is made of, if it is a kit.
    fn parts(&mut self, draft: &Draft<'_>, unit: Option<Unit>) -> Vec<KitPart> {
        let line = draft.line;
        let parts = parts::read(draft.parts).unwrap_or_else(|problem| {
            self.error(line, "parts", problem, "name how much of which SKU, 2 TEA | 1 MUG, at most 20 parts");
            Vec::new()
        });
        if !parts.is_empty() && unit.is_some_and(|unit| unit != Unit::Each) {
            self.error(line, "unit", "a kit is counted by the piece", "leave the unit empty, or use each");
        }
        if !parts.is_empty() && !draft.on_hand.is_empty() {
            self.error(line, "on_hand", "a kit has no stock of its own (2031)", "leave it empty, and count its parts");
        }
        parts
    }

    fn put(&mut self, draft: &Draft<'_>, code: SkuCode, item: Item, parts: Vec<KitPart>) {
        let line = draft.line;
        let Some((first, at)) = self.first_lines.get(&code).copied() else {
            let at = self.items.len();
            self.first_lines.insert(code, (line, at));
            self.items.push(item);
            if !parts.is_empty() {
                self.kits.push(Kit { item: at, line, parts });
            }
            return;
        };
        let parts_before = self.kits.iter().find(|kit| kit.item == at).map_or(&[][..], |kit| &kit.parts);
        let same_item = self.items.get(at) == Some(&item) && *parts_before == parts;
        if same_item && !draft.location.is_empty() {
            return; // one item, stocked at several locations
        }
        let problem = format!("SKU {code} is on line {first} already");
        self.error(line, "sku", problem, "remove one of the two lines, or give one of them another SKU");
    }

    fn sku(&mut self, draft: &Draft<'_>) -> Option<SkuCode> {
        if draft.sku.is_empty() {
            self.error(draft.line, "sku", "it has no SKU", "give the item a SKU of its own");
            return None;
        }
        SkuCode::new(draft.sku)
            .map_err(|e| {
                self.error(draft.line, "sku", format!("SKU \"{}\" {e}", draft.sku), "give it a shorter, plain SKU")
            })
            .ok()
    }

    fn text(&mut self, line: u64, field: &'static str, text: &str) -> Arc<str> {
        let clean: String =
            text.split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let clean: String = clean.chars().filter(|c| !c.is_control()).collect();
        if clean.chars().count() <= NAME_MAX {
            return clean.into();
        }
        let problem = format!("it is longer than {NAME_MAX} characters");
        self.warn(line, field, problem, "it was cut there; shorten it in the file");
        clean.chars().take(NAME_MAX).collect::<String>().trim_end().into()
    }

    fn unit(&mut self, line: u64, text: &str) -> Option<Unit> {
        if text.is_empty() {
            return Some(Unit::Each);
        }
        let unit = Unit::named(&text.to_lowercase());
        if unit.is_none() {
            self.error(line, "unit", format!("unit \"{text}\" is not known"), "use each, kg, l or m");
        }
        unit
    }

    fn gtins(&mut self, line: u64, text: &str) -> Vec<Gtin> {
        let mut gtins = Vec::new();
        for digits in text.split(|c: char| c.is_whitespace() || c == '|').filter(|digits| !digits.is_empty()) {
            match Gtin::parse(digits) {
                Ok(gtin) if gtins.contains(&gtin) => {}
                Ok(gtin) => gtins.push(gtin),
                Err(error) => self.bad_gtin(line, digits, error),
            }
        }
        gtins
    }

    fn bad_gtin(&mut self, line: u64, digits: &str, error: GtinError) {
        let mend = match error {
            GtinError::CheckDigit { expected, .. } => {
                let right = digits.get(..digits.len().saturating_sub(1)).unwrap_or("");
                format!("scan the item again; if all other digits are right it is {right}{expected}")
            }
            GtinError::Length(_) => {
                "restore leading zeros that a spreadsheet removed, or leave the cell empty".to_owned()
            }
            GtinError::NotDigits if digits.contains(['E', 'e']) => {
                "a spreadsheet rounded it: format the column as text and enter the digits again".to_owned()
            }
            GtinError::NotDigits => "enter the digits under the bars, or leave the cell empty".to_owned(),
        };
        self.error(line, "gtin", format!("bar code {digits} {error}"), mend);
    }

    fn claim_gtins(&mut self, line: u64, gtins: &[Gtin], code: &SkuCode) {
        for gtin in gtins {
            let holder = self.gtin_lines.entry(*gtin).or_insert_with(|| (line, code.clone()));
            if holder.1 == *code {
                continue;
            }
            let problem = format!("bar code {gtin} belongs to SKU {} on line {} already", holder.1, holder.0);
            self.error(line, "gtin", problem, "remove it from the item that it is not printed on");
        }
    }

    /// The class of items whose layout leaves an empty class for the standard rate.
    pub(crate) fn standard_class(&self) -> String {
        self.options.tax_class.as_ref().map_or_else(|| "standard".to_owned(), Label::to_string)
    }

    fn tax_class(&mut self, line: u64, text: &str) -> Option<Label> {
        if !text.is_empty() {
            let label = Label::new(text);
            if let Err(error) = &label {
                self.error(
                    line,
                    "tax_class",
                    format!("tax class \"{text}\" {error}"),
                    "use the class of your locations",
                );
            }
            return label.ok();
        }
        if self.options.tax_class.is_none() {
            let mend = "enter one, or give one for all such lines by --tax-class";
            self.error(line, "tax_class", "it has no tax class", mend);
        }
        self.options.tax_class.clone()
    }

    fn amount(&mut self, line: u64, field: &'static str, text: &str) -> Option<Minor> {
        if text.is_empty() {
            return None;
        }
        match amount::parse(text, self.options.currency) {
            Ok(amount) => Some(amount),
            Err(error) => {
                let mend = match error {
                    AmountError::Comma => "write decimals with a point and no separators: 1234.50",
                    AmountError::TooLarge(_) => "check it: a bar code may have slipped into the column",
                    AmountError::TooFine(_) => "round it, or name the currency of the file by --currency",
                    AmountError::NotANumber | AmountError::Negative => "enter an amount such as 12.50",
                };
                self.error(line, field, format!("{field} {text} {error}"), mend);
                None
            }
        }
    }

    fn stock(&mut self, draft: &Draft<'_>, code: &SkuCode, unit: Unit) {
        if draft.on_hand.is_empty() {
            return;
        }
        let line = draft.line;
        let location = match draft.location {
            "" => self.options.location.clone(),
            text => match LocationCode::new(text) {
                Ok(location) => Some(location),
                Err(e) => return self.error(line, "location", format!("location \"{text}\" {e}"), "use its code"),
            },
        };
        match Qty::parse(draft.on_hand) {
            Ok(qty) if !unit.allows(qty) => {
                self.error(
                    line,
                    "on_hand",
                    format!("{qty} of an item counted by the piece"),
                    "use whole numbers, or unit kg",
                );
            }
            Ok(qty) if qty < Qty::ZERO => {
                let mend = "it is taken as 0; count the item";
                self.warn(line, "on_hand", format!("its stock is {qty}"), mend);
                self.put_stock(line, StockLine { location, sku: code.clone(), qty: Qty::ZERO });
            }
            Ok(qty) => self.put_stock(line, StockLine { location, sku: code.clone(), qty }),
            Err(error) => {
                let mend = match error {
                    QtyError::NotANumber => "enter a number such as 12 or 0.250",
                    QtyError::TooFine => "round it to three decimals",
                    QtyError::TooLarge => "check it: a bar code may have slipped into the column",
                };
                self.error(line, "on_hand", format!("stock {} {error}", draft.on_hand), mend);
            }
        }
    }

    fn put_stock(&mut self, line: u64, stock: StockLine) {
        let key = (stock.sku.clone(), stock.location.clone());
        if let Some(first) = self.stock_lines.insert(key, line) {
            let problem = format!("its stock at this location is on line {first} already");
            return self.error(line, "on_hand", problem, "keep one of the two lines");
        }
        self.stock.push(stock);
    }
}
