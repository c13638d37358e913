package baseline_test

import (
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FuzzEndpoints holds the verdict on EndpointSlices and Endpoints that somebody
// writes by hand against the oracle.
func FuzzEndpoints(f *testing.F) {
	w := newWorld(f)
	for seed := range uint64(400) {
		f.Add(seed, "10.244.3.7", "fd12::7", "169.254.169.254")
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b, c string) {
		p := newPicker(seed, a, b, c)
		meta := metav1.ObjectMeta{Namespace: p.namespace(), Name: "db", Labels: map[string]string{}}
		if meta.Namespace == "higress-system" && p.one(2) {
			meta.Labels["tollgate.dev/organization"] = p.of("acme", "globex")
		}
		by, ready := p.by(), some(p, 3, p.address)
		if p.one(2) {
			slice := same(t, &discoveryv1.EndpointSlice{ObjectMeta: meta, Endpoints: some(p, 2, func() discoveryv1.Endpoint { return discoveryv1.Endpoint{Addresses: some(p, 2, p.address)} })})
			slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: ready})
			slice = same(t, slice)
			var all []string
			for _, e := range slice.Endpoints {
				all = append(all, e.Addresses...)
			}
			verdict := w.create(t, by, metav1.GroupVersionKind{Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice"}, meta, slice)
			compare(t, slice, verdict, endpointEscapes(by, meta, all), stricter(all)...)
			return
		}
		//lint:ignore SA1019 the kind is deprecated, and still read
		endpoints := same(t, &corev1.Endpoints{ObjectMeta: meta, Subsets: []corev1.EndpointSubset{{Addresses: ips(ready), NotReadyAddresses: ips(some(p, 2, p.address))}}})
		var all []string
		for _, ip := range append(endpoints.Subsets[0].Addresses, endpoints.Subsets[0].NotReadyAddresses...) {
			all = append(all, ip.IP)
		}
		verdict := w.create(t, by, metav1.GroupVersionKind{Version: "v1", Kind: "Endpoints"}, meta, endpoints)
		compare(t, endpoints, verdict, endpointEscapes(by, meta, all), stricter(all)...)
	})
}

func ips(all []string) []corev1.EndpointAddress {
	var out []corev1.EndpointAddress
	for _, ip := range all {
		out = append(out, corev1.EndpointAddress{IP: ip})
	}
	return out
}

func (p picker) address() string {
	return p.of("198.51.100.7", "198.51.100.7", "10.244.3.7", "172.16.0.1", "fd12::7", "2001:db8::1", "127.0.0.1", "127.1", "0x7f.1", "0.0.0.0", "169.254.169.254",
		"100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "FE80::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:7f00:1",
		"::127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "fd00:ec2::254", "FD00:EC2::254", "fe80::1%eth0", "localhost", "db.example", "", " 10.0.0.1", "010.0.0.1")
}

// endpointEscapes says which addresses no tenant's endpoints may have.
func endpointEscapes(by requester, meta metav1.ObjectMeta, addresses []string) []string {
	owner := map[string]string{"acme-chat": "acme", "acme-search": "acme", "globex-research": "globex"}[meta.Namespace]
	if meta.Namespace == "higress-system" {
		owner = meta.Labels["tollgate.dev/organization"]
	}
	if owner == "" || by.free {
		return nil
	}
	var escapes []string
	for _, text := range addresses {
		ip, err := netip.ParseAddr(text)
		if err != nil || !ordinary(ip) {
			escapes = append(escapes, "the address "+text)
		}
	}
	return escapes
}

// ordinary reports whether an address may be a backend's.
func ordinary(ip netip.Addr) bool {
	metadata := []string{"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "fd00:42::42"}
	plain := ip.Unmap()
	return ip == plain && ip.Zone() == "" && !slices.Contains(metadata, ip.String()) &&
		!ip.IsLoopback() && !ip.IsUnspecified() && !ip.IsLinkLocalUnicast() && !ip.IsMulticast() && (!ip.Is4() || ip.As4()[0] != 0 && ip.As4()[0] < 224)
}

// stricter names the policy where an IPv6 address may hold one of IPv4, of which
// there are more forms than the oracle knows.
func stricter(addresses []string) []string {
	for _, text := range addresses {
		ip, err := netip.ParseAddr(text)
		if err == nil && ip.Is6() && ip != netip.MustParseAddr("fd12::7") && ip != netip.MustParseAddr("2001:db8::1") {
			return []string{"endpoints-addresses"}
		}
	}
	return nil
}
