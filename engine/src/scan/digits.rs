//! Bare digits: EAN-13, EAN-8, UPC-A, UPC-E, ITF-14, and labels printed in the shop.

use super::{Layout, ScanError, Scanned};
use crate::gtin::Gtin;

pub(super) fn read(code: &str, symbology: Option<&str>, layouts: &[Layout]) -> Result<Scanned, ScanError> {
    match code.len() {
        // Scanners that leave out the number system and the check digit are not understood: nothing would
        // show a misread digit.
        8 => eight(code, symbology),
        12 | 13 => {
            let gtin = Gtin::parse(code)?;
            let thirteen = format!("{code:0>13}");
            match layouts.iter().find(|layout| layout.begins(&thirteen)) {
                Some(layout) => layout.read(&thirteen),
                // A code from outside, or one of the shop's own that carries nothing else.
                None => Ok(Scanned::of(gtin)),
            }
        }
        _ => Ok(Scanned::of(Gtin::parse(code)?)),
    }
}

/// An EAN-8, or a UPC-E with all that is printed under it. Where both fit, the catalogue knows.
fn eight(code: &str, symbology: Option<&str>) -> Result<Scanned, ScanError> {
    let short = Gtin::parse(code);
    let long = Gtin::parse_upc_e(code);
    match (short, long) {
        (short, _) if symbology == Some("E4") => Ok(Scanned::of(short?)),
        (Ok(short), Ok(long)) => Ok(Scanned { or: Some(short), ..Scanned::of(long) }),
        (Err(_), Ok(long)) => Ok(Scanned::of(long)),
        (short, Err(_)) => Ok(Scanned::of(short?)),
    }
}
