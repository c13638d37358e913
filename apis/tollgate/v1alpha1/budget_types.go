package v1alpha1

// Limit is the most that may be spent in one window, in US dollars: a bare
// decimal from 0 to 9000000, "2000" or "0.15", with at most nine decimals. It is
// text, because a float would round.
//
// +kubebuilder:validation:MaxLength=17
// +kubebuilder:validation:XValidation:rule="self.matches('^(0|[1-9][0-9]{0,8})([.][0-9]{1,9})?$')",message="must be a plain decimal number of US dollars such as \"2000\" or \"0.15\": no sign, no exponent, no currency, at most nine decimals"
// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]+([.][0-9]+)?$') || double(self) <= 9000000.0",message="must be at most 9000000 dollars per window: give a larger budget a shorter period"
type Limit string

// Period is how long one budget window lasts.
//
// +kubebuilder:validation:Enum=Daily;Weekly;Monthly;Total
type Period string

// The periods of a budget. Total never ends.
const (
	Daily   Period = "Daily"
	Weekly  Period = "Weekly"
	Monthly Period = "Monthly"
	Total   Period = "Total"
)

// Enforcement is what happens to a request that would pass the limit.
//
// +kubebuilder:validation:Enum=Block;Alert;Throttle
type Enforcement string

// The enforcements of a budget. Only Block refuses.
const (
	// Block refuses the request before it goes out.
	Block Enforcement = "Block"
	// Alert counts and reports, and refuses nothing.
	Alert Enforcement = "Alert"
	// Throttle counts, and lets the gateway slow the caller down.
	Throttle Enforcement = "Throttle"
)

// Weekday names the day on which a weekly window starts.
//
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday
type Weekday string

// Anchor moves the start of a window within its period.
type Anchor struct {
	// Weekday on which a Weekly window starts, at midnight of the budget's time zone. Monday when left out.
	// +optional
	Weekday Weekday `json:"weekday,omitempty"`

	// DayOfMonth on which a Monthly window starts, at midnight of the budget's time zone. In a month that is shorter, its last day. 1 when left out.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=31
	DayOfMonth int32 `json:"dayOfMonth,omitempty"`
}

// Budget is how much may be spent in one window, and what happens at the limit.
//
// +kubebuilder:validation:XValidation:rule="!has(self.anchor) || !has(self.anchor.weekday) || self.period == 'Weekly'",message="anchor.weekday goes with period: Weekly only"
// +kubebuilder:validation:XValidation:rule="!has(self.anchor) || !has(self.anchor.dayOfMonth) || self.period == 'Monthly'",message="anchor.dayOfMonth goes with period: Monthly only"
type Budget struct {
	// Limit of one window in US dollars, as a decimal string: "2000" or "0.15". At most 9000000. A changed limit is in force at once.
	// +required
	Limit Limit `json:"limit,omitempty"`

	// Period of the budget: Daily, Weekly, Monthly or Total (never reset). A changed period, time zone or anchor takes effect at the end of the current window.
	// +optional
	// +kubebuilder:default=Monthly
	Period Period `json:"period,omitempty"`

	// TimeZone in which days begin, by its IANA name such as Europe/Berlin or Asia/Tokyo.
	// +optional
	// +kubebuilder:default=UTC
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z][A-Za-z0-9_+/-]+$') && self != 'Local' && self != 'Factory'",message="must be an IANA time zone name such as Europe/Berlin or UTC"
	TimeZone string `json:"timeZone,omitempty"`

	// Anchor moves the start of a Weekly or Monthly window.
	// +optional
	Anchor *Anchor `json:"anchor,omitempty"`

	// AlertThresholds are percentages of the limit, 1 to 100, at which the budget turns to the state Warning and alerts are sent. 80 when left out.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:Minimum=1
	// +kubebuilder:validation:items:Maximum=100
	AlertThresholds []int32 `json:"alertThresholds,omitempty"`

	// Enforcement at the limit. Block refuses requests, Alert only reports, Throttle lets the gateway slow callers down.
	// +optional
	// +kubebuilder:default=Block
	Enforcement Enforcement `json:"enforcement,omitempty"`
}
