package pipeline

// Undo is what a batch says that takes another one out of the history: its rows
// are no longer read, in every state from this batch on, and stay where they are.
type Undo struct {
	Batch  string   `json:"batch"`
	Reason string   `json:"reason"`
	By     string   `json:"by"`
	Again  []string `json:"again,omitempty"` // batches that had dropped rows against it and are read again
	// Reads is the one of Again whose kept file this batch was read from; "" for a
	// batch without rows.
	Reads string `json:"reads,omitempty"`
}

// UndoFormat is the format of a batch that takes another out and has no rows.
const UndoFormat = "undo"
