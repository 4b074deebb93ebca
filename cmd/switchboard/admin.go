package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// admin is for the platform's people: it lists workspaces, or issues one command for one of them.
func admin(ctx context.Context, p program) error {
	if len(p.args) == 0 {
		return fmt.Errorf("%w: admin list, or admin COMMAND --workspace ID --reason WHY, with COMMAND one of %s", errUsage, strings.Join(commandNames(), ", "))
	}
	order, err := parseOrder(p)
	if err != nil {
		return err
	}
	k, err := openTool(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = k.close(context.WithoutCancel(ctx)) }()
	switch p.args[0] {
	case "list":
		return listWorkspaces(ctx, p.out, k)
	case "dead-letters":
		return listLetters(ctx, p, k)
	case "replay":
		return replay(ctx, p, k)
	case "grant":
		return grantPlatform(ctx, p, k)
	}
	position, err := k.handler.AdminCommand(ctx, order)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.out, "Done: %s for %s, recorded at position %d.\n", order.Command, order.WorkspaceID, position)
	return nil
}

func commandNames() []string {
	var names []string
	for name := range commands.AdminCommands() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func parseOrder(p program) (commands.AdminCommand, error) {
	name := p.args[0]
	if !slices.Contains([]string{"list", "grant", "dead-letters", "replay"}, name) && !slices.Contains(commandNames(), name) {
		return commands.AdminCommand{}, fmt.Errorf("%w: there is no admin command %q", errUsage, name)
	}
	flags := flag.NewFlagSet("admin "+name, flag.ContinueOnError)
	flags.SetOutput(p.err)
	workspace := flags.String("workspace", "", "the workspace's id")
	reason := flags.String("reason", "", "why; kept with the order")
	until := flags.String("until", "", "when a pause or plan ends: 2026-12-31T18:00:00+01:00")
	state := flags.String("plan", "", "for set_plan: trial, active, past_due or expired")
	unlink := flags.Bool("unlink", false, "for disconnect: also remove the link")
	flags.String("letter", "", "for replay: one letter's id")
	flags.String("email", "", "for grant: who becomes one of the platform's people")
	if err := flags.Parse(p.args[1:]); err != nil {
		return commands.AdminCommand{}, fmt.Errorf("%w: %w", errUsage, err)
	}
	args := map[string]string{}
	for key, value := range map[string]string{"until": *until, "state": *state} {
		if value != "" {
			args[key] = value
		}
	}
	if *unlink {
		args["unlink"] = "true"
	}
	return commands.AdminCommand{
		Caller:      commands.Caller{Actor: domain.Actor{Kind: domain.ActorAdmin, ID: loginName()}},
		WorkspaceID: domain.WorkspaceID(*workspace), Command: name, Args: args, Reason: *reason,
	}, nil
}

// loginName is who issues commands from a terminal.
func loginName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "terminal"
}

func listWorkspaces(ctx context.Context, out io.Writer, k *core) error {
	now := time.Now()
	all, err := projections.AllWorkspaces(ctx, k.worker, now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tNAME\tSTATUS\tREASON\tPLAN\tUNTIL\tMESSAGES 24H\tDEAD LETTERS")
	for _, w := range all {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\n",
			w.WorkspaceID, w.Name, w.Status, w.Reason, w.PlanState, day(w.PlanUntil), w.Messages, w.DeadLetters)
	}
	return table.Flush()
}

func day(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateOnly)
}

// grantPlatform makes an account one of the platform's people. It needs the database, so nobody can do it over the network.
func grantPlatform(ctx context.Context, p program, k *core) error {
	flags := flag.NewFlagSet("admin grant", flag.ContinueOnError)
	flags.SetOutput(p.err)
	email := flags.String("email", "", "the account's e-mail")
	if err := flags.Parse(p.args[1:]); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	address, err := commands.CleanEmail(*email)
	if err != nil {
		return err
	}
	if err := k.accounts.SetPlatformAdmin(ctx, address, true); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.out, "Done: %s is one of the platform's people from the next sign-in on.\n", address)
	return nil
}
