package rig

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Shop is a workspace and the phone of its owner.
type Shop struct {
	Owner  *Owner
	Number string
	Linked time.Duration // from asking for a code to connected; zero while it is not linked
}

// ShopNumber is the i-th shop's, of those of one seed.
func ShopNumber(seed uint64, i int) string { return fmt.Sprintf("23480%02d1%05d", seed%100, i) }

// OpenShop signs the i-th workspace up and makes its owner's phone.
func OpenShop(ctx context.Context, product *Product, phones *Sandbox, seed uint64, i int, name string) (*Shop, error) {
	shop := &Shop{Number: ShopNumber(seed, i)}
	if err := phones.AddPhone(ctx, shop.Number, name, "owner"); err != nil {
		return nil, err
	}
	err := patiently(ctx, func() (err error) {
		shop.Owner, err = product.Elsewhere(i).SignUp(ctx, fmt.Sprintf("owner-%d-%d@example.com", seed, i), name)
		return err
	})
	return shop, err
}

// patiently asks again for as long as the server says that too many ask at once: a thousand people do not sign up in a minute.
func patiently(ctx context.Context, ask func() error) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		err := ask()
		if refused := (*Refusal)(nil); !errors.As(err, &refused) || refused.Status != http.StatusTooManyRequests {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// Link connects the shop to its owner's phone, as scanning the code on the screen does.
func (s *Shop) Link(ctx context.Context, phones *Sandbox) error {
	began := time.Now()
	err := s.Owner.Link(ctx, phones, s.Number)
	s.Linked = time.Since(began)
	return err
}
