package decisions

import (
	"encoding/json"
	"strings"
	"testing"
)

// A decision that refuses shows the object; whatever names a credential in it is
// followed by none.
func TestCredentialsByTheirNames(t *testing.T) {
	t.Parallel()
	const secret = "sk-0123456789"
	tests := []struct {
		name, object string
		keeps        string
	}{
		{name: "a header of a route", object: `{"spec":{"filters":[{"set":[{"name":"Authorization","value":"Bearer sk-0123456789"}]}]}}`},
		{name: "a header that says key", object: `{"set":[{"name":"x-api-key","value":"sk-0123456789"}]}`},
		{name: "another header", object: `{"set":[{"name":"x-team","value":"red and blue"}]}`, keeps: "red and blue"},
		{name: "a variable", object: `{"env":[{"name":"OPENAI_API_KEY","value":"sk-0123456789","valueFrom":"INLINE"}]}`, keeps: "INLINE"},
		{name: "an annotation", object: `{"metadata":{"annotations":{"higress.io/request-header-control-add":"x-team red\nAuthorization Bearer sk-0123456789\nx-stage blue"}}}`, keeps: "x-stage blue"},
		{name: "an annotation with quotes", object: `{"a":"'X-Api-Key' 'sk-0123456789'"}`},
		{name: "an annotation with a colon", object: `{"a":"proxy-authorization: sk-0123456789"}`, keeps: "proxy-authorization"},
		{name: "a snippet", object: `{"a":"proxy_set_header X \"Bearer sk-0123456789\";"}`, keeps: "proxy_set_header"},
		{name: "a reference", object: `{"a":"Authorization ${secret.acme/openai.key}"}`, keeps: "${secret.acme/openai.key}"},
		{name: "words in a sentence", object: `{"a":"Names of tokens are secret."}`, keeps: "Names of tokens are secret."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var m mask
			out, err := json.Marshal(m.object("Ingress", []byte(tt.object)))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(out), secret) || !strings.Contains(string(out), tt.keeps) {
				t.Errorf("%s", out)
			}
			if said := m.text("the value " + secret + " is refused"); strings.Contains(tt.object, secret) && strings.Contains(said, secret) {
				t.Errorf("%s", said)
			}
		})
	}
}
