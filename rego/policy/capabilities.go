package policy

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// allowed lists the builtins a policy may call. What is not here does not
// exist for policies: nothing that reaches the network or the environment
// (http.send, opa.runtime, net.lookup_ip_addr), reads the clock or chance
// (time.now_ns, rand.intn, uuid.rfc4122, the JWT verifiers, which look at the
// clock), writes (trace), parses Rego, or runs or grows without end whatever
// the deadline (bits.lsh, graph.reachable_paths, net.cidr_expand,
// strings.render_template, regex.globs_match). The same input gives the same
// verdict in the cluster and in CI. print is taken and does nothing.
const allowed = `
abs all and any array.concat array.flatten array.reverse array.slice assign
base64.decode base64.encode base64.is_valid base64url.decode base64url.encode base64url.encode_no_pad
bits.and bits.negate bits.or bits.rsh bits.xor
cast_array cast_boolean cast_null cast_object cast_set cast_string ceil concat contains count
crypto.hmac.equal crypto.hmac.sha256 crypto.hmac.sha512 crypto.md5 crypto.sha1 crypto.sha256
crypto.x509.parse_certificate_request crypto.x509.parse_certificates
div endswith eq equal floor format_int glob.match glob.quote_meta graph.reachable gt gte
hex.decode hex.encode indexof indexof_n
internal.member_2 internal.member_3 internal.print internal.template_string intersection
io.jwt.decode
is_array is_boolean is_null is_number is_object is_set is_string
json.filter json.is_valid json.marshal json.marshal_with_options json.patch json.remove json.unmarshal
lower lt lte max min minus mul neq
net.cidr_contains net.cidr_contains_matches net.cidr_intersects net.cidr_is_valid net.cidr_merge net.cidr_overlap
numbers.range numbers.range_step
object.filter object.get object.keys object.remove object.subset object.union object.union_n or
plus print product re_match
regex.find_all_string_submatch_n regex.find_n regex.is_valid regex.match regex.replace regex.split regex.template_match
rem replace round semver.compare semver.is_valid set_diff sort split sprintf startswith
strings.any_prefix_match strings.any_suffix_match strings.count strings.replace_n strings.reverse strings.split_n
substring sum
time.add_date time.clock time.date time.diff time.format time.parse_duration_ns time.parse_ns time.parse_rfc3339_ns time.weekday
to_number trim trim_left trim_prefix trim_right trim_space trim_suffix type_name
union units.parse units.parse_bytes upper uri.is_valid uri.parse
urlquery.decode urlquery.decode_object urlquery.encode urlquery.encode_object uuid.parse
walk yaml.is_valid yaml.marshal yaml.unmarshal
`

// capabilities are what policies may use of OPA: builtins on an allow-list, the
// language's features, and no host to reach. refused are the other builtins.
func capabilities() (caps *ast.Capabilities, refused map[string]bool) {
	names := strings.Fields(allowed)
	slices.Sort(names)
	caps = ast.CapabilitiesForThisVersion()
	refused = map[string]bool{}
	builtins := make([]*ast.Builtin, 0, len(names))
	for _, b := range caps.Builtins {
		if _, ok := slices.BinarySearch(names, b.Name); ok {
			builtins = append(builtins, b)
		} else {
			refused[b.Name] = true
		}
	}
	caps.Builtins = builtins
	caps.AllowNet = []string{}
	return caps, refused
}
