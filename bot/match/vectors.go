package match

import (
	"encoding/binary"
	"errors"
	"math"
)

// Vectors is a table of learned directions, one row per bucket of hashed words, concepts and pieces of words. Texts that
// ask for the same thing point the same way even when they share no word.
type Vectors struct {
	Dim  int
	Rows int
	// Scale turns a stored step into a number.
	Scale float32
	Table []int8 // Rows × Dim
}

const vectorsHeader = 12

// ReadVectors reads the table written by Bytes. An empty file is a model without vectors.
func ReadVectors(data []byte) (*Vectors, error) {
	if len(data) == 0 {
		return nil, nil //nolint:nilnil // no vectors is a valid model
	}
	if len(data) < vectorsHeader {
		return nil, errors.New("read vectors: file is cut short")
	}
	v := &Vectors{
		Dim:   int(binary.LittleEndian.Uint32(data)),
		Rows:  int(binary.LittleEndian.Uint32(data[4:])),
		Scale: math.Float32frombits(binary.LittleEndian.Uint32(data[8:])),
	}
	if len(data)-vectorsHeader != v.Dim*v.Rows || v.Rows == 0 {
		return nil, errors.New("read vectors: size does not match the header")
	}
	v.Table = make([]int8, v.Dim*v.Rows)
	for i, b := range data[vectorsHeader:] {
		v.Table[i] = int8(b) //nolint:gosec // the byte is a stored int8
	}
	return v, nil
}

// Bytes is the table as stored.
func (v *Vectors) Bytes() []byte {
	out := make([]byte, vectorsHeader, vectorsHeader+len(v.Table))
	binary.LittleEndian.PutUint32(out, uint32(v.Dim))      //nolint:gosec // small
	binary.LittleEndian.PutUint32(out[4:], uint32(v.Rows)) //nolint:gosec // small
	binary.LittleEndian.PutUint32(out[8:], math.Float32bits(v.Scale))
	for _, x := range v.Table {
		out = append(out, byte(x)) //nolint:gosec // stored as is
	}
	return out
}

// embed sums the rows of a text's terms by their weight in the background and gives the sum length one.
// A text of which nothing is known has no direction (all zero).
func (m *Model) embed(t terms) []float32 {
	v := m.vectors
	if v == nil {
		return nil
	}
	out := make([]float32, v.Dim)
	for _, part := range m.vectorTerms(t) {
		row := v.Table[part.Row*v.Dim : (part.Row+1)*v.Dim]
		for i, x := range row {
			out[i] += part.Weight * float32(x)
		}
	}
	scaleToUnit(out)
	return out
}

// VectorTerm is one row of the table and how much it counts in a text.
type VectorTerm struct {
	Row    int
	Weight float32
}

func (m *Model) vectorTerms(t terms) []VectorTerm {
	return rowsOf(t, m.background, m.vectors.Rows)
}

// VectorTerms lists the rows a text uses in a table with the given number of rows, for the training program.
func (m *Model) VectorTerms(text string, rows int) []VectorTerm {
	return rowsOf(m.lex.extract(m.lex.normalise(text, nil)), m.background, rows)
}

func rowsOf(t terms, b background, rows int) []VectorTerm {
	out := make([]VectorTerm, 0, len(t.words)+len(t.chars))
	for _, w := range t.words {
		if w.kind == bigram {
			continue
		}
		rarity := float32(0.5 + b.rarity(w.id)/4)
		out = append(out, VectorTerm{Row: int(w.id % uint64(rows)), Weight: w.weight() * rarity}) //nolint:gosec // rows is small
	}
	for _, c := range t.chars {
		out = append(out, VectorTerm{Row: int(c.id % uint64(rows)), Weight: charVectorWeight}) //nolint:gosec // rows is small
	}
	return out
}

// charVectorWeight lets pieces of words speak for words never seen.
const charVectorWeight = 0.15

func scaleToUnit(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
}

func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	n := len(a) &^ 3
	for i := 0; i < n; i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for i := n; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}
