//! The products of the Complete Journey data set: real, without names, bar codes, prices or taxes.

use crate::check::{Checker, Draft};
use crate::table::Table;

pub(super) fn read(table: &Table, check: &mut Checker<'_>) {
    let tax_class = check.standard_class();
    if check.options.tax_class.is_none() {
        let mend = format!("every item gets class {tax_class}; --tax-class names another");
        check.note(1, "tax_class", "this layout has no tax classes", mend);
    }
    let [id, department, category, kind, size] =
        ["product_id", "department", "product_category", "product_type", "package_size"]
            .map(|column| table.column(&[column]));
    for row in &table.rows {
        let sku = row.get(id);
        let what = [row.get(kind), row.get(category), row.get(department)].into_iter().find(|text| !text.is_empty());
        let name = match (what, row.get(size)) {
            (None, _) => format!("Product {sku}"),
            (Some(what), "") => what.to_owned(),
            (Some(what), size) => format!("{what} {size}"),
        };
        check.take(&Draft {
            line: row.line,
            sku,
            name: &name,
            tax_class: &tax_class,
            category: row.get(department),
            ..Draft::default()
        });
    }
}
