package shap

const (
	// MaxPlayers is the most that one explanation has: the work grows with the
	// cube of them.
	MaxPlayers = 1024
	// extraSamples is what there is beyond two for each player by default.
	extraSamples = 2048
)

// Samples is the number of coalitions to ask about: requested, or 2f + 2048 for 0,
// but no more than the 2^f − 2 that there are beside none and all (Explain-1).
func Samples(requested, players int) int {
	if requested <= 0 {
		requested = 2*players + extraSamples
	}
	if players < 31 { // beyond that there are more than anybody asks for
		requested = min(requested, max(1<<players-2, 0))
	}
	return requested
}
