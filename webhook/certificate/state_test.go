package certificate

import (
	"bytes"
	"crypto/x509"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testTerms = terms{serving: 90 * 24 * time.Hour, authority: 365 * 24 * time.Hour, settle: 5 * time.Minute, names: []string{"webhook.test.svc"}}

func renew(t interface{ Fatal(...any) }, s state, now time.Time, published bool) state {
	next, err := s.renewed(now, testTerms, published)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// trusts tells whether a client with these roots accepts what is served.
func trusts(roots *x509.CertPool, served state, now time.Time) bool {
	_, err := served.serving.certificate.Verify(x509.VerifyOptions{DNSName: testTerms.names[0], Roots: roots, CurrentTime: now})
	return err == nil
}

func TestTheFirstStateServes(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := renew(t, state{}, now, false)
	if !trusts(s.pool(), s, now) || s.next != nil || s.previous != nil {
		t.Errorf("%+v", s)
	}
	if again := renew(t, s, now.Add(time.Hour), true); again != s {
		t.Error("nothing is due and something changed")
	}
}

func TestASecretHoldsTheState(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := renew(t, state{}, now, true)
	s = renew(t, s, now.Add(300*24*time.Hour), true) // a next authority
	data, err := s.data()
	if err != nil || s.next == nil {
		t.Fatalf("%+v, %v", s, err)
	}
	back, err := readState(data).data()
	if err != nil || len(back) != len(data) {
		t.Fatalf("%d of %d entries, %v", len(back), len(data), err)
	}
	for k := range data {
		if !bytes.Equal(data[k], back[k]) {
			t.Errorf("%s changed", k)
		}
	}
}

// TestDamageIsRepaired replaces whatever of the Secret is missing or makes no sense.
func TestDamageIsRepaired(t *testing.T) {
	t.Parallel()
	now := time.Now()
	good, err := renew(t, state{}, now, true).data()
	if err != nil {
		t.Fatal(err)
	}
	other, err := renew(t, state{}, now, true).data()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, key string
		value     []byte
		keeps     string // what stays as it was
	}{
		{name: "no serving certificate", key: servingCert, keeps: authorityCert},
		{name: "no serving key", key: servingKey, keeps: authorityCert},
		{name: "another's key", key: servingKey, value: other[servingKey], keeps: authorityCert},
		{name: "another's certificate", key: servingCert, value: other[servingCert], keeps: authorityCert},
		{name: "rubbish", key: servingCert, value: []byte("rubbish"), keeps: authorityCert},
		{name: "no authority", key: authorityCert},
		{name: "no key of the authority", key: authorityKey},
		{name: "another authority's key", key: authorityKey, value: other[authorityKey]},
		{name: "rubbish for a next authority", key: nextCert, value: []byte("rubbish"), keeps: servingCert},
		{name: "rubbish for a previous one", key: previousCert, value: []byte("rubbish"), keeps: servingCert},
		{name: "another bundle", key: bundleKey, value: []byte("rubbish"), keeps: servingCert},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data := map[string][]byte{}
			for k, v := range good {
				data[k] = v
			}
			if data[tt.key] = tt.value; tt.value == nil {
				delete(data, tt.key)
			}
			s := renew(t, readState(data), now, false)
			repaired, err := s.data()
			if err != nil || !trusts(s.pool(), s, now) {
				t.Errorf("%+v, %v", s, err)
			}
			if tt.keeps != "" && !bytes.Equal(repaired[tt.keeps], good[tt.keeps]) {
				t.Errorf("%s changed too", tt.keeps)
			}
		})
	}
}

// TestOtherNamesAreIssued has the Service's name change.
func TestOtherNamesAreIssued(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := renew(t, state{}, now, true)
	changed := testTerms
	changed.names = []string{"other.test.svc"}
	next, err := s.renewed(now, changed, true)
	if err != nil || next.serving.certificate.VerifyHostname("other.test.svc") != nil || next.authority != s.authority {
		t.Errorf("%+v, %v", next, err)
	}
}

// TestNoMomentOfDistrust lets time pass in steps that are shorter than a third of
// a certificate's life, with a next authority that reaches clients late in some.
// Clients always accept what is served, by the bundle that they were given last
// and by the newest, and also what a replica serves that has not seen the newest.
func TestNoMomentOfDistrust(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	lives := terms{serving: 30 * day, authority: 90 * day, settle: 5 * time.Minute, names: testTerms.names}
	promoted, delayed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		step := func(s state, published bool) state {
			next, err := s.renewed(now, lives, published)
			if err != nil {
				t.Fatal(err)
			}
			return next
		}
		s := step(state{}, false)
		known := s.bundle() // what clients trust
		late := false
		for range rapid.IntRange(20, 60).Draw(t, "steps") {
			now = now.Add(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, day, 4 * day, 8 * day}).Draw(t, "step"))
			before := s
			s = step(s, bytes.Equal(known, s.bundle()))
			clients := x509.NewCertPool()
			clients.AppendCertsFromPEM(known)
			switch {
			case !trusts(clients, s, now):
				t.Fatal("clients do not trust what is served by the bundle that they have")
			case !trusts(s.pool(), s, now):
				t.Fatal("the newest bundle does not cover what is served")
			case now.Before(before.serving.certificate.NotAfter) && !trusts(s.pool(), before, now):
				t.Fatal("the newest bundle does not cover what a replica serves that is late")
			}
			if before.next != nil && s.next == nil {
				promoted++
			}
			// Only a next authority may be late, and not for ever.
			if late = s.next != nil && !late && rapid.Bool().Draw(t, "late"); late {
				delayed++
			} else {
				known = s.bundle()
			}
		}
	})
	// -short has a fifth of the runs, of which chance may leave too few.
	if !testing.Short() && (promoted < 10 || delayed < 10) {
		t.Errorf("%d authorities were replaced, %d were late: too few to show anything", promoted, delayed)
	}
}
