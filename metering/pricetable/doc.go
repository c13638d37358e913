// Package pricetable turns PriceTable objects into tables that price requests.
//
// Compile never fails as a whole: an entry that cannot be read leaves its own
// model unpriced, with the reason, and every other model priced. It is called
// by the API server and the controller whenever a PriceTable changes, and by
// the price commands. Package importer, below it, brings public price lists
// into a PriceTable.
package pricetable
