// Package index answers Search from the database, fast, at the moment a write is
// acknowledged, and with little work for the writer.
//
// A change of a searchable resource also writes a row of search_changed, in the
// same transaction (store.MarkChanged). A background worker (Run) reads what has
// changed, packs the values of up to a thousand records into a segment of columns
// (algo/search), and strikes out the rows in the transaction that adds the
// segment, those that changed again meanwhile excepted. Segments never change but
// for a bitmap of records that moved or are gone; small ones are merged eight at
// a time.
//
// A query reads one snapshot: what has changed is looked at record by record,
// everything else through the columns of the segments, which are kept decoded in
// a bounded cache. The page's records are read from their rows and checked
// against the expression once more, so the index decides what is looked at and
// never what is true.
//
// Rules: Search-16, Search-19, Search-20, Sugg-1 … Sugg-3.
package index
