package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/google/uuid"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/whatsapp"
	"switchboard.example/commands"
)

// core is what every subcommand that touches the log needs: the database, the log and the commands on it.
type core struct {
	*database
	secrets   secrets
	keys      *postgres.Keys
	store     *postgres.EventStore
	customers *postgres.Customers
	accounts  *postgres.Accounts
	erasure   *postgres.Erasure
	leases    *postgres.Leases
	handler   *commands.Handler
}

// openTool opens the core for a subcommand that runs beside the server.
func openTool(ctx context.Context, p program) (*core, error) {
	c, err := readConfig(p.getenv)
	if err != nil {
		return nil, err
	}
	log := newLogger(p.err, max(c.LogLevel, slog.LevelWarn))
	return openCore(ctx, c, true, waiting{log: log}, leaseNews{})
}

// openCore opens the database and puts the log and the commands on it.
func openCore(ctx context.Context, c config, tool bool, wait waiting, news leaseNews) (*core, error) {
	db, err := openDatabase(ctx, c, tool, wait) // first: it makes the data folder so that the database's user can reach it
	if err != nil {
		return nil, err
	}
	k := &core{database: db}
	if err := k.assemble(ctx, c, wait, news); err != nil {
		_ = db.close(context.WithoutCancel(ctx))
		return nil, err
	}
	return k, nil
}

func (k *core) assemble(ctx context.Context, c config, wait waiting, news leaseNews) (err error) {
	log := wait.log
	if k.secrets, err = readSecrets(c.SecretFile); err != nil {
		return err
	}
	if k.keys, err = postgres.NewKeys(postgres.KeysConfig{DB: k.worker, KEK: k.secrets.SealingKey}); err != nil {
		return err
	}
	if err := wait.until(ctx, k.keys.Check); err != nil {
		if errors.Is(err, postgres.ErrWrongKey) {
			return fmt.Errorf("the secret file %s is not that of this database, whose customers it cannot open: bring back the right one from its backup, "+
				"or name it in SWITCHBOARD_SECRET_FILE", c.SecretFile)
		}
		return err
	}
	if k.customers, err = postgres.NewCustomers(postgres.CustomersConfig{DB: k.worker, Keys: k.keys, HMACKey: k.secrets.AddressKey}); err != nil {
		return err
	}
	if k.store, err = postgres.NewEventStore(ctx, postgres.EventStoreConfig{DB: k.worker, Appends: k.vital, Keys: k.keys, DSN: k.dsn, Registry: news.metrics, Log: log}); err != nil {
		return err
	}
	k.accounts = &postgres.Accounts{DB: k.worker, Store: k.store, Now: time.Now}
	traces, err := whatsapp.NewTraces(k.secrets.sealKeys(), k.customers.Hide)
	if err != nil {
		return err
	}
	k.erasure = &postgres.Erasure{DB: k.worker, Keys: k.keys, Customers: k.customers, Store: k.store, Traces: traces, DSN: k.dsn, Log: log}
	k.leases = postgres.NewLeases(postgres.LeasesConfig{
		DB: k.vital, Name: nodeName(c), DSN: k.dsn, OnLost: news.lost, OnFreed: news.freed, OnRenewed: news.renewed, Log: log,
	})
	k.handler = &commands.Handler{
		Store: k.store, Snapshots: k.store, Addresses: k.customers, Accounts: k.accounts, Counters: postgres.Counters{DB: k.worker}, Sent: tables{k.worker},
		Offers: postgres.Numbers{DB: k.worker}, SignIn: postgres.SignInLinks{Accounts: k.accounts, URL: c.dashboardURL()},
		Browsers: postgres.Browsers{DB: k.worker, Now: time.Now}, PushAnywhere: c.PushAnywhere, Erasure: k.erasure,
		Now: time.Now, NewID: newID, ReplyKey: k.secrets.ReplyKey, Pacing: c.Pacing,
	}
	return nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// nodeName is the same for this process and the one that takes its place after a restart: no two can listen on one address.
func nodeName(c config) string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s %s", host, c.Addr)
}

func (k *core) close(ctx context.Context) error {
	_ = k.store.Close()
	return k.database.close(ctx)
}
