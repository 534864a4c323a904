//! Catalogues of other platforms read into ours.
