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

// TestNoMomentOfDistrust lets years pass in steps of any length that are not
// longer than a replica may be down, with an authority that reaches clients late
// or not at all in some. Clients always accept what is served, by the bundle
// that they were given last, and by the state's own.
func TestNoMomentOfDistrust(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		s := renew(t, state{}, now, false)
		known := s.bundle() // what clients trust
		authorities := map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(int64(time.Minute), int64(20*24*time.Hour)).Draw(t, "step")))
			before := s
			s = renew(t, s, now, bytes.Equal(known, s.bundle()))
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(known)
			// Replicas that have not seen the new state serve the old certificate,
			// if they were not down for as long as it lived.
			if !trusts(pool, s, now) {
				t.Fatal("clients do not trust what is served by the bundle that they have")
			}
			if !trusts(s.pool(), s, now) {
				t.Fatal("the bundle does not cover what is served")
			}
			if now.Before(before.serving.certificate.NotAfter) && !trusts(s.pool(), before, now) {
				t.Fatal("the new bundle does not cover what a replica that is late serves")
			}
			if rapid.IntRange(0, 9).Draw(t, "published") > 0 || s.next == nil { // only a next one may be late
				known = s.bundle()
			}
			authorities[s.authority.certificate.SerialNumber.String()] = true
			if left := s.serving.certificate.NotAfter.Sub(now); left <= 0 {
				t.Fatalf("the served certificate ended %s ago", -left)
			}
		}
	})
}
