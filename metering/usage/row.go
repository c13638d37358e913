package usage

import (
	"cmp"
	"errors"
	"strings"
	"time"
	"unique"
)

// Key says who called what. User is the label of the consumer name; see package
// tenancy for the user that it stands for.
type Key struct {
	Project, Group, User string
	// Model as the provider reports it, "unknown" when it reported none.
	Model string
	// Cluster is the gateway's upstream, outbound|443||llm-openai.dns.
	Cluster string
}

// unknownModel is what the gateway itself writes for a model it cannot tell.
const unknownModel = "unknown"

// Provider is the name of the gateway's provider in Cluster, or "".
func (k Key) Provider() string {
	service := k.Cluster[strings.LastIndexByte(k.Cluster, '|')+1:]
	name, _, _ := strings.Cut(service, ".")
	return strings.TrimPrefix(name, "llm-")
}

// Counters are what was counted. They count requests that a model answered.
type Counters struct {
	Requests int64
	// Tokens as the provider reports them.
	Input, Output, Total int64
}

// Add returns the sums.
func (c Counters) Add(o Counters) Counters {
	return Counters{c.Requests + o.Requests, c.Input + o.Input, c.Output + o.Output, c.Total + o.Total}
}

// Row is the counters of one key.
type Row struct {
	Key unique.Handle[Key] // one copy of the texts, however many pieces of time are remembered
	Counters
}

// Slice is the rows of a piece of time. The order of rows is not defined; a key
// occurs once.
type Slice struct {
	Since, Until time.Time
	Rows         []Row
}

// rows gathers counters by key.
type rows map[unique.Handle[Key]]Counters

func (r rows) add(list []Row) {
	for _, row := range list {
		r[row.Key] = r[row.Key].Add(row.Counters)
	}
}

func (r rows) list() []Row {
	out := make([]Row, 0, len(r))
	for k, c := range r {
		if c != (Counters{}) {
			out = append(out, Row{k, c})
		}
	}
	return out
}

// key reads the labels of a series. ok is false for a consumer that is not of
// the organization or has not four parts.
func key(organization string, labels map[string]string) (unique.Handle[Key], bool, error) {
	consumer, found := labels[labelConsumer]
	if !found {
		return unique.Handle[Key]{}, false, errors.New("a series has no " + labelConsumer)
	}
	parts := strings.SplitN(consumer, ".", 5)
	if len(parts) != 4 || parts[0] != organization {
		return unique.Handle[Key]{}, false, nil
	}
	for _, p := range parts {
		if p == "" {
			return unique.Handle[Key]{}, false, nil
		}
	}
	return unique.Make(Key{
		Project: parts[1], Group: parts[2], User: parts[3],
		Model: cmp.Or(labels[labelModel], unknownModel), Cluster: labels[labelCluster],
	}), true, nil
}
