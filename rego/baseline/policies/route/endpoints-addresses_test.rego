package tollgate.baseline.endpoints_addresses_test

import data.tollgate.baseline.endpoints_addresses
import data.tollgate.baseline.fixture_test as f

got(request) := within(request, [])

within(request, networks) := f.fields(violations) if {
	violations := endpoints_addresses.violation with input as object.union(request, {"parameters": {"allowed": networks}})
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

slice(addresses) := {
	"kind": "EndpointSlice",
	"metadata": {"name": "web-1", "namespace": "acme-chat", "labels": {"kubernetes.io/service-name": "web"}},
	"addressType": "IPv4",
	"endpoints": [{"addresses": [one]} | some one in addresses],
}

old(subsets) := {"kind": "Endpoints", "metadata": {"name": "web", "namespace": "acme-chat"}, "subsets": subsets}

first := {"endpoints[0].addresses[0]"}

backends := ["10.0.0.7", "192.168.1.1", "203.0.113.7", "2001:db8::7", "fd12::7"]

never := ["127.0.0.1", "169.254.169.254", "100.100.100.200", "168.63.129.16", "0.0.0.0", "::1", "fd00:ec2::254", "FE80::1", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "010.0.0.1", "web.globex-research.svc", "x"]

test_backends if {
	every one in backends {
		got(f.member(slice([one]))) == set()
		got(f.create(slice([one]), "Stranger")) == set()
	}
}

test_never if {
	every one in never {
		got(f.member(slice([one]))) == first
		got(f.create(slice([one]), "Delegate")) == first
		got(f.create(slice([one]), "Stranger")) == first
		got(f.create(slice([one]), "Nobody")) == first
		got(f.create(slice([one]), "Admin")) == set()
		got(f.create(slice([one]), "System")) == set()
		got(f.create(f.in_namespace(slice([one]), "shop"), "Stranger")) == set()
	}
}

test_allowed if {
	networks := ["10.0.0.0/24", "2001:db8::/32"]
	within(f.member(slice(["10.0.0.7", "10.0.1.7", "2001:db8::7", "2001:db9::7"])), networks) == {"endpoints[1].addresses[0]", "endpoints[3].addresses[0]"}
	within(f.create(slice(["10.0.1.7"]), "Delegate"), networks) == first
	within(f.create(slice(["10.0.1.7"]), "Nobody"), networks) == first

	# A controller of the platform's that nobody has listed.
	within(f.create(slice(["10.0.1.7"]), "Stranger"), networks) == set()
	within(f.create(slice(["10.0.1.7"]), "Admin"), networks) == set()
}

test_no_network if within(f.member(slice(["10.0.1.7"])), ["10.0.0.0/240"]) == first

test_endpoints if {
	request := f.member(old([{"addresses": [{"ip": "10.0.0.7"}], "notReadyAddresses": [{"ip": "10.0.0.8"}, {"ip": "100.100.100.200"}]}]))
	got(request) == {"subsets[0].notReadyAddresses[1].ip"}
	within(request, ["10.0.0.7/32"]) == {"subsets[0].notReadyAddresses[0].ip", "subsets[0].notReadyAddresses[1].ip"}
}

test_without_addresses if {
	got(f.member(slice([]))) == set()
	got(f.member({"kind": "EndpointSlice", "metadata": {"name": "x", "namespace": "acme-chat"}})) == set()
	got(f.member(old(null))) == set()
}

# A change that leads nowhere else passes, and one that does is judged as a whole.
test_updates if {
	before := slice(["100.100.100.200"])
	annotated := object.union(before, {"metadata": {"annotations": {"a": "b"}, "finalizers": ["x.example/y"]}})
	got(f.update(annotated, before)) == set()
	got(f.update(object.union(before, {"metadata": {"labels": {"kubernetes.io/service-name": "other"}}}), before)) == first
	got(f.update(slice(["100.100.100.200", "10.0.0.7"]), before)) == first
	got(f.update(slice(["10.0.0.7"]), before)) == set()
}

test_few_are_told if {
	count(got(f.member(slice([sprintf("127.0.0.%d", [i]) | some i in numbers.range(1, 200)])))) == 10
}
