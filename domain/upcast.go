package domain

// upcaster turns a body of one schema version into the next one. It is pure and never removed.
type upcaster func(data []byte) ([]byte, error)

// upcasters holds, per stored name, the step from version n (index n-1) to n+1. No released event has changed shape yet.
var upcasters = map[string][]upcaster{} //nolint:gochecknoglobals // a constant table

func upcast(eventType string, version int, data []byte) ([]byte, error) {
	steps := upcasters[eventType]
	for v := max(version, 1); v <= len(steps); v++ {
		next, err := steps[v-1](data)
		if err != nil {
			return nil, err
		}
		data = next
	}
	return data, nil
}
