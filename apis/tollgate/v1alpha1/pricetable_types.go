package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PriceTable says what the models cost. Prices are US dollars per million
// tokens; a missing price is not zero but unknown, and a model with an unknown
// price cannot be called under a budget.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=prices,categories=tollgate
// +kubebuilder:printcolumn:name="Digest",type=string,JSONPath=`.status.digest`,priority=1
// +kubebuilder:printcolumn:name="Priced",type=integer,JSONPath=`.status.priced`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type PriceTable struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the prices.
	// +required
	Spec PriceTableSpec `json:"spec,omitempty"`

	// Status is what Tollgate made of the prices.
	// +optional
	Status PriceTableStatus `json:"status,omitempty"`
}

// PriceTableSpec is the prices.
type PriceTableSpec struct {
	// Models and their prices. One model may stand several times with different effectiveFrom; the latest that has begun is in force.
	// +optional
	// +listType=map
	// +listMapKey=provider
	// +listMapKey=model
	// +listMapKey=effectiveFrom
	// +kubebuilder:validation:MaxItems=10000
	Models []ModelPrice `json:"models,omitempty"`
}

// Mode is what a model does, and so which kinds of tokens it reports.
//
// +kubebuilder:validation:Enum=Chat;Completion;Embedding;Rerank;Image;Audio
type Mode string

// The modes of a model. An embedding or a rerank reports input tokens only.
const (
	Chat       Mode = "Chat"
	Completion Mode = "Completion"
	Embedding  Mode = "Embedding"
	Rerank     Mode = "Rerank"
	Image      Mode = "Image"
	Audio      Mode = "Audio"
)

// Price is US dollars per million tokens (or per request), as a decimal string
// with at most nine decimals.
//
// +kubebuilder:validation:MaxLength=17
// +kubebuilder:validation:Pattern=`^(0|[1-9][0-9]{0,6})([.][0-9]{1,9})?$`
type Price string

// Rates are prices by kind of token, in US dollars per million tokens.
type Rates struct {
	// Input tokens, per million.
	// +optional
	Input *Price `json:"input,omitempty"`
	// Output tokens, per million.
	// +optional
	Output *Price `json:"output,omitempty"`
	// CacheRead is input read from the provider's cache, per million tokens. The input price when left out.
	// +optional
	CacheRead *Price `json:"cacheRead,omitempty"`
	// CacheWrite is input written to the provider's cache, per million tokens. The input price when left out.
	// +optional
	CacheWrite *Price `json:"cacheWrite,omitempty"`
	// Reasoning tokens, per million. The output price when left out.
	// +optional
	Reasoning *Price `json:"reasoning,omitempty"`
	// AudioInput tokens, per million. Audio is unpriced when left out.
	// +optional
	AudioInput *Price `json:"audioInput,omitempty"`
	// AudioOutput tokens, per million. Audio is unpriced when left out.
	// +optional
	AudioOutput *Price `json:"audioOutput,omitempty"`
	// ImageInput tokens, per million. Images are unpriced when left out.
	// +optional
	ImageInput *Price `json:"imageInput,omitempty"`
	// ImageOutput tokens, per million. Images are unpriced when left out.
	// +optional
	ImageOutput *Price `json:"imageOutput,omitempty"`
}

// ModelPrice is what one model costs from a moment on.
type ModelPrice struct {
	// Provider that serves the model, as in the names of gateway providers. Empty means any provider.
	// +optional
	// +kubebuilder:default=""
	// +kubebuilder:validation:MaxLength=63
	Provider string `json:"provider"`

	// Model by the name that the provider reports.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Model string `json:"model,omitempty"`

	// EffectiveFrom is the moment from which the price holds, RFC 3339. Always when left out.
	// +optional
	// +kubebuilder:default="1970-01-01T00:00:00Z"
	EffectiveFrom metav1.Time `json:"effectiveFrom"`

	// Mode of the model. Embedding and Rerank need an input price only.
	// +optional
	// +kubebuilder:default=Chat
	Mode Mode `json:"mode,omitempty"`

	Rates `json:",inline"`

	// PerRequest is US dollars for each request, whatever its tokens.
	// +optional
	PerRequest *Price `json:"perRequest,omitempty"`

	// PerRequestOnly declares that perRequest is the whole price, so that tokens cost nothing.
	// +optional
	PerRequestOnly bool `json:"perRequestOnly,omitempty"`

	// Tiers replace the prices of a whole request whose context (input with cached tokens) is longer than aboveTokens. The highest that fits holds; a price that a tier leaves out is the one below it.
	// +optional
	// +listType=map
	// +listMapKey=aboveTokens
	// +kubebuilder:validation:MaxItems=8
	Tiers []Tier `json:"tiers,omitempty"`

	// Override marks a price that a person has set. An import never replaces it, and it counts even where it looks like one in the wrong unit: below 0.0001 or above 10000 dollars per million tokens, or above 1000 per request.
	// +optional
	Override bool `json:"override,omitempty"`

	// Source says where the price was taken from.
	// +optional
	Source *PriceSource `json:"source,omitempty"`
}

// Tier is the prices of requests with a long context.
type Tier struct {
	// AboveTokens is the number of input tokens that a request must exceed.
	// +required
	// +kubebuilder:validation:Minimum=1
	AboveTokens int64 `json:"aboveTokens,omitempty"`

	Rates `json:",inline"`
}

// PriceSource says where a price was taken from.
type PriceSource struct {
	// Format of the source: litellm, models.dev, genai-prices or manual.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Format string `json:"format,omitempty"`

	// URL of the source.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	URL string `json:"url,omitempty"`

	// Digest of the source file, sha256:...
	// +optional
	// +kubebuilder:validation:MaxLength=80
	Digest string `json:"digest,omitempty"`
}

// PriceTableStatus is what Tollgate made of the prices.
type PriceTableStatus struct {
	// ObservedGeneration is the generation of the spec that this status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Digest of the prices in force; it is kept with each request that they priced.
	// +optional
	Digest string `json:"digest,omitempty"`

	// Priced is the number of models that have every price they need.
	// +optional
	Priced int32 `json:"priced,omitempty"`

	// Conditions of the price table: Ready is False while a model is priced twice, or a price cannot be read or looks like one in the wrong unit.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// PriceTableList is a list of price tables.
//
// +kubebuilder:object:root=true
type PriceTableList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PriceTable `json:"items"`
}
