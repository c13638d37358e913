# METADATA
# title: Text that the gateway reads in its own way
# description: Templates, the markers of metric names, and characters that no name may hold.
package tollgate.lib.text

# template holds for text in which the gateway would replace something: ${secret.<namespace>/<name>.<key>} is the value of
# any Secret of any namespace.
template(text) if contains(text, "${")

# marker holds for names at which the gateway's tag extraction would cut a metric: .upstream, .model, .consumer, .metric.
marker(text) if regex.match(`(?i)\.(upstream|model|consumer|metric)`, text)

# control holds for text with control characters: a newline begins the next entry of what is read line by line.
control(text) if regex.match(`[\x00-\x1f\x7f]|\x{0085}|\x{2028}|\x{2029}`, text)
