package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Server is a running PostgreSQL server that belongs to this program.
type Server struct {
	cfg      Config
	home     home
	programs binaries
	secret   string
	port     int
	lock     *os.File
	log      serverLog
	process  *process

	stopping sync.Once
	wanted   chan struct{} // closed when somebody asked it to stop
	done     chan struct{} // closed when it has ended and its folder is free
	failure  error         // an end nobody asked for; read after done
}

// Start makes what is missing (folder, programs, cluster, database), starts the server and returns when it answers.
// It ends what a killed program left running in the same folder. A failure that a person can mend is a *Problem.
// ctx bounds the start only.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s, err := begin(ctx, cfg)
	if err != nil {
		return nil, withoutRoom(cfg, err)
	}
	return s, nil
}

func begin(ctx context.Context, cfg Config) (*Server, error) {
	h, err := openHome(ctx, cfg)
	if err != nil {
		return nil, err
	}
	lock, err := h.lock()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, home: h, lock: lock, wanted: make(chan struct{}), done: make(chan struct{})}
	if err := s.start(ctx); err != nil {
		_ = lock.Close() // closed already when the server had been running
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	var err error
	if s.log, err = s.home.openLog(); err != nil {
		return err
	}
	if err := s.run(ctx); err != nil {
		return errors.Join(err, s.log.file.Close())
	}
	go s.attend(context.WithoutCancel(ctx))
	if err := s.makeDatabase(ctx); err != nil {
		return errors.Join(err, s.Stop(ctx))
	}
	s.cfg.Log.InfoContext(ctx, "postgres started", "version", s.programs.major, "port", s.port, "folder", s.home.dir)
	return nil
}

// prepare leaves a cluster that is not running and programs that fit it.
func (s *Server) prepare(ctx context.Context) error {
	major, err := clusterMajor(s.home.data())
	if err != nil {
		return err
	}
	if s.programs, err = findBinaries(ctx, s.cfg, s.home, major); err != nil {
		return err
	}
	if err := endOrphan(ctx, s.cfg, s.home); err != nil {
		return err
	}
	fresh := false
	if s.secret, fresh, err = s.home.password(); err != nil {
		return err
	}
	switch {
	case major == 0:
		return s.home.initialise(ctx, s.programs, s.cfg.Unsafe)
	case fresh:
		return s.home.resetPassword(ctx, s.programs, s.secret)
	}
	return nil
}

// run starts the server. A free port may be taken before it is used, and connections of a killed server may take a
// moment to notice: both are tried again.
func (s *Server) run(ctx context.Context) error {
	var err error
	for range 5 {
		err = s.runOnce(ctx)
		switch {
		case errors.Is(err, errLingering):
			if err := pause(ctx, time.Second); err != nil {
				return err
			}
		case !errors.Is(err, errPortTaken):
			return err
		case s.cfg.Port != 0:
			return problem(err, "Port %d on 127.0.0.1, which PostgreSQL should listen on, is in use by another program: "+
				"stop that one, or choose another port.", s.port)
		}
	}
	return err
}

func (s *Server) runOnce(ctx context.Context) error {
	if s.port = s.cfg.Port; s.port == 0 {
		port, err := freePort(ctx)
		if err != nil {
			return err
		}
		s.port = port
	}
	// The server outlives ctx, which bounds the start only.
	cmd := s.home.who.command(context.WithoutCancel(ctx), s.home.data(), s.programs.program("postgres"),
		arguments(s.cfg, s.home.data(), s.port)...)
	cmd.Stdout, cmd.Stderr = s.log.file, s.log.file
	var err error
	if s.process, err = launch(cmd, s.lastWords()); err != nil {
		return fmt.Errorf("run postgres as user %s: %w", s.home.who.name, err)
	}
	return s.awaitReady(ctx)
}

// lastWords is how the server stops when this program is killed: in order, unless its data is for nobody.
func (s *Server) lastWords() syscall.Signal {
	if s.cfg.Unsafe {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

var (
	errPortTaken = errors.New("the port is taken")
	errLingering = errors.New("connections of the server before still use its memory")
)

// awaitReady waits for as long as the server is at it: recovery after a crash takes its time.
func (s *Server) awaitReady(ctx context.Context) error {
	err := until(ctx, func() bool { return s.ended() || s.ready() })
	switch {
	case err != nil:
		return errors.Join(err, s.process.signal(syscall.SIGQUIT), s.bury())
	case s.ended():
		return s.stillborn()
	}
	return nil
}

func (s *Server) ready() bool {
	file, err := readPidFile(s.home.data())
	return err == nil && file.ready && file.pid == s.process.pid
}

func (s *Server) ended() bool {
	select {
	case <-s.process.done:
		return true
	default:
		return false
	}
}

func (s *Server) stillborn() error {
	words := s.log.complaint()
	cause := fmt.Errorf("postgres ended while starting (%s): %s", s.process.how(), words)
	switch {
	case strings.Contains(words, "Address already in use"):
		return errors.Join(errPortTaken, cause)
	case strings.Contains(words, "pre-existing shared memory block"):
		return errors.Join(errLingering, cause)
	case noSpace(words), s.cannotSpeak():
		return errors.Join(errFull, cause)
	}
	return problem(cause, "PostgreSQL could not start in %s (%s): its words are in %s.",
		s.home.dir, words, s.home.path("server.log"))
}

// cannotSpeak says that the log itself finds no space: what stopped the server is not in it.
func (s *Server) cannotSpeak() bool {
	free, err := roomAt(s.home.dir)
	return err == nil && free < 64<<10
}

// attend frees the folder when the server has ended, for whatever reason.
func (s *Server) attend(ctx context.Context) {
	<-s.process.done
	select {
	case <-s.wanted:
	default:
		s.failure = fmt.Errorf("postgres ended unexpectedly (%s): %s", s.process.how(), s.log.complaint())
		s.cfg.Log.ErrorContext(ctx, "postgres ended unexpectedly", "error", s.failure)
	}
	_ = s.log.file.Close()
	_ = s.lock.Close()
	close(s.done)
}

// DSN is the URL of a database for lib/pq; an empty name means Config.Database. It contains the password.
func (s *Server) DSN(database string) string {
	if database == "" {
		database = s.cfg.Database
	}
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, s.secret),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return address.String()
}

// Port is the TCP port on 127.0.0.1 that the server listens on.
func (s *Server) Port() int { return s.port }

// Folder is where the cluster, its password and its log are.
func (s *Server) Folder() string { return s.home.dir }

// Version is the server's major version.
func (s *Server) Version() int { return s.programs.major }

// Done is closed when the server has ended, asked to or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err says how the server ended, once Done is closed: nil when it was asked to.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.failure
	default:
		return nil
	}
}

// Stop ends open connections and the server, and returns when it has ended. When ctx ends first, the server is
// stopped at once and recovers at the next start. Stopping twice is harmless.
func (s *Server) Stop(ctx context.Context) error {
	if err := s.tell(syscall.SIGINT); err != nil {
		return err
	}
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return s.Kill()
	}
}

// Kill ends the server without a checkpoint, as a crash would, and returns when it has ended.
func (s *Server) Kill() error {
	if err := s.tell(syscall.SIGQUIT); err != nil {
		return err
	}
	err := s.bury()
	<-s.done
	return err
}

func (s *Server) tell(sig syscall.Signal) error {
	s.stopping.Do(func() { close(s.wanted) })
	if err := s.process.signal(sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal postgres: %w", err)
	}
	return nil
}

// bury waits for a server that was told to end at once, and ends it by force when it does not.
func (s *Server) bury() error {
	patience := time.NewTimer(10 * time.Second)
	defer patience.Stop()
	select {
	case <-s.process.done:
		return nil
	case <-patience.C:
	}
	err := s.process.signal(syscall.SIGKILL)
	<-s.process.done
	return err
}

func freePort(ctx context.Context) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}
