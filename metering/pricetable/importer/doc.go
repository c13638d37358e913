// Package importer reads public price lists into prices of a PriceTable:
// LiteLLM's model_prices_and_context_window.json (US dollars per token),
// models.dev's api.json and pydantic's genai-prices data.json (both US dollars
// per million tokens).
//
// Lists are data from outside. Numbers are read from their decimal text and
// never pass through a float. A list in the wrong unit, in another format, cut
// short, or mostly unreadable is refused as a whole; a single bad entry is
// reported and left out. What a list prices by units that Tollgate does not
// meter (images, seconds, characters) is left out with that reason, because a
// part of a price would be too low a price.
//
// It is called by the price commands.
package importer
