//! Which actor is a location's SKU: pages of small numbers, because the catalogue numbers its items
//! one after the other. Four bytes per SKU where a location has most items, a page where it has few.

use onhand_engine::ids::SkuId;

const PAGE: usize = 64;
const NONE: u32 = u32::MAX;

/// The SKU actors of one location.
#[derive(Default)]
pub(crate) struct SkuIndex {
    pages: Vec<Option<Box<[u32; PAGE]>>>,
}

impl SkuIndex {
    pub(crate) fn get(&self, sku: SkuId) -> Option<u32> {
        let page = self.pages.get(sku.index() / PAGE)?.as_ref()?;
        let at = page[sku.index() % PAGE];
        (at != NONE).then_some(at)
    }

    pub(crate) fn insert(&mut self, sku: SkuId, at: u32) {
        let page = sku.index() / PAGE;
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        self.pages[page].get_or_insert_with(|| Box::new([NONE; PAGE]))[sku.index() % PAGE] = at;
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.pages.iter().flatten().flat_map(|page| page.iter().copied()).filter(|at| *at != NONE)
    }

    pub(crate) fn remove(&mut self, sku: SkuId) -> Option<u32> {
        let place = &mut self.pages.get_mut(sku.index() / PAGE)?.as_mut()?[sku.index() % PAGE];
        let at = std::mem::replace(place, NONE);
        (at != NONE).then_some(at)
    }
}
