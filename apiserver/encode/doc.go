// Package encode writes the virtual resources as JSON and YAML.
//
// The generic server's own codecs stream a list item by item, which over HTTP/2
// costs more than building it. Here an answer is written into a pooled buffer
// of 256 KiB that is handed on when it is full: few writes, no copy of the whole
// answer in memory. Protobuf is left out because the types have no generated
// marshalers, and offering it would turn "Accept: protobuf, json" into a 406;
// CBOR because nobody asks for it.
//
// It is called by the server's assembly.
package encode
