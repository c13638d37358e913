package tenancy_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/tenancy"
)

func TestParseConsumer(t *testing.T) {
	tests := []struct {
		name, consumer string
		want           tenancy.Consumer
		wantErr        string
	}{
		{
			name:     "four labels",
			consumer: "acme.chat.engineers.alice--40acme--2eexample",
			want:     tenancy.Consumer{Organization: "acme", Project: "chat", Group: "engineers", UserLabel: "alice--40acme--2eexample"},
		},
		{name: "three labels", consumer: "acme.chat.engineers", wantErr: "must be <organization>.<project>.<group>.<user>"},
		{name: "five labels", consumer: "acme.chat.engineers.alice.x", wantErr: "must be <organization>.<project>.<group>.<user>"},
		{name: "an empty label", consumer: "acme..engineers.alice", wantErr: `"" is not a DNS label`},
		{name: "upper case", consumer: "Acme.chat.engineers.alice", wantErr: `"Acme" is not a DNS label`},
		{name: "a reserved prefix", consumer: "acme.chat.metrics.alice", wantErr: `"metrics" is not a DNS label`},
		{name: "no consumer", consumer: "none", wantErr: "must be <organization>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tenancy.ParseConsumer(tt.consumer)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ParseConsumer (-want +got):\n%s", diff)
			}
			switch {
			case tt.wantErr == "" && err != nil:
				t.Errorf("unexpected error: %v", err)
			case tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)):
				t.Errorf("error %v, want one with %q", err, tt.wantErr)
			case err == nil && got.String() != tt.consumer:
				t.Errorf("String() = %q, want %q", got.String(), tt.consumer)
			}
		})
	}
}

func FuzzParseConsumer(f *testing.F) {
	for _, s := range []string{"acme.chat.engineers.alice", "a.b.c", "...", "acme.metrics.b.c", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		c, err := tenancy.ParseConsumer(name)
		if err == nil && c.String() != name {
			t.Errorf("ParseConsumer(%q).String() = %q", name, c.String())
		}
	})
}

// extraction takes the labels out of a metric's name as the gateway's bootstrap
// tells Envoy to: group 1 is cut out of the name and group 2 is the value.
// Source of the expressions: stats_tags of Higress's Envoy bootstrap.
func extraction() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"ai_route":    regexp.MustCompile(`^wasmcustom\.route\.((.*?)\.)upstream`),
		"ai_cluster":  regexp.MustCompile(`^wasmcustom\..*?\.upstream\.((.*?)\.)model`),
		"ai_model":    regexp.MustCompile(`^wasmcustom\..*?\.model\.((.*?)\.)consumer`),
		"ai_consumer": regexp.MustCompile(`^wasmcustom\..*?\.consumer\.((.*?)\.)metric`),
	}
}

// extract returns the labels of a metric and what is left of its name.
func extract(metric string) (map[string]string, string) {
	labels, rest := map[string]string{}, []byte(metric)
	for tag, re := range extraction() {
		at := re.FindStringSubmatchIndex(metric)
		if at == nil {
			continue
		}
		labels[tag] = metric[at[4]:at[5]]
		for i := at[2]; i < at[3]; i++ {
			rest[i] = 0
		}
	}
	return labels, strings.ReplaceAll(string(rest), "\x00", "")
}

func metricName(consumer string) string {
	return "wasmcustom.route.acme/chat.upstream.outbound|443||llm-acme.internal.dns.model.gpt-4.1-mini.consumer." + consumer + ".metric.input_token"
}

func wantLabels(consumer string) map[string]string {
	return map[string]string{
		"ai_route":    "acme/chat",
		"ai_cluster":  "outbound|443||llm-acme.internal.dns",
		"ai_model":    "gpt-4.1-mini",
		"ai_consumer": consumer,
	}
}

// labels draws valid labels, reserved words inside them preferred.
func labels() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z0-9](-?[a-z0-9]{1,4}){0,5}`),
		rapid.StringMatching(`[a-z0-9]-{0,3}(metric|consumer|model|upstream)s?`),
	).Filter(tenancy.ValidLabel)
}

func TestMetricLabelsSurviveExtraction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		consumer := tenancy.ConsumerName(
			labels().Draw(t, "organization"),
			labels().Draw(t, "project"),
			labels().Draw(t, "group"),
			tenancy.UserLabel(userNames().Draw(t, "user")),
		)
		if _, err := tenancy.ParseConsumer(consumer); err != nil {
			t.Fatal(err)
		}
		got, rest := extract(metricName(consumer))
		if diff := cmp.Diff(wantLabels(consumer), got); diff != "" {
			t.Fatalf("labels of %s (-want +got):\n%s", consumer, diff)
		}
		if want := "wasmcustom.route.upstream.model.consumer.metric.input_token"; rest != want {
			t.Fatalf("name left of %s: %s, want %s", consumer, rest, want)
		}
	})
}

// The names that are refused are refused for a reason, and the expressions above
// show it. (As the consumer comes last in a metric's name, only metric can cut
// it; the other words cut the names of routes, which the same rule holds for.)
func TestReservedPrefixesAreCut(t *testing.T) {
	for _, consumer := range []string{"acme.metric.engineers.alice", "acme.chat.metrics.alice", "acme.chat.engineers.metric-x"} {
		t.Run(consumer, func(t *testing.T) {
			if _, err := tenancy.ParseConsumer(consumer); err == nil {
				t.Error("the consumer is accepted")
			}
			if got, _ := extract(metricName(consumer)); cmp.Equal(got, wantLabels(consumer)) {
				t.Error("the extraction does not cut the name: the test's expressions are not the gateway's")
			}
		})
	}
}
