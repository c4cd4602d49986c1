/*
 * hibernate: the container's process where the sidecar hibernates (docs/hibernation.md).
 *
 *     hibernate COMMAND ARGUMENT... run
 *
 * It starts the command, which works until nothing is due for a while, leaves in $KEYTURN_HIBERNATE/wake for how many milliseconds, and exits
 * with ASLEEP. Then this waits, in a few pages of memory, and starts the command again when that time is over, when somebody connects to the
 * socket of $KEYTURN_ENDPOINT, or when something changes in the folder of $KEYTURN_HINT. Told to end while the command sleeps, it starts it with
 * `end` in place of `run`, which gives back what is leased.
 *
 * It holds no secret, and opens no file that has one. It listens for the command, which gets the socket as standard input: so no connection is
 * refused, whoever runs. Times are of CLOCK_BOOTTIME, which nobody sets and which counts the time that a machine is suspended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    ASLEEP = 75,              /* Main.java */
    CANNOT_START = 2,         /* as the sidecar's own */
    FIRST_PAUSE_MS = 1000,    /* after a crash; doubled with each that follows */
    LONGEST_PAUSE_MS = 30000, /* as between two attempts at a source that is down */
    LONGEST_SLEEP_MS = 86400000,
};

static const char *directory; /* for the state, which the command alone opens */
static int state_dir = -1;
static char **command;        /* its last argument is the mode */
static char socket_path[sizeof((struct sockaddr_un *)0)->sun_path];
static int listener = -1, changes = -1, timer = -1, signals = -1;
static pid_t child;           /* 0: none runs */
static bool ending;           /* we were told to */
static unsigned crashes;      /* in a row */

/* One line as the sidecar writes its own; the texts are ours, or a path of the pod's spec. */
static void say(const char *what, const char *detail) {
    struct timespec now;
    struct tm utc;
    char time[32], line[512];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &utc);
    int length = snprintf(line, sizeof line, "{\"time\":\"%s.%03ldZ\",\"event\":\"sidecar\",\"outcome\":\"warning\",\"error\":\"hibernate: %s%s\"}\n",
                          time, now.tv_nsec / 1000000, what, detail);
    if (length > 0 && (size_t)length < sizeof line && write(STDERR_FILENO, line, (size_t)length) < 0) {
        /* Nobody reads them: no reason to end. */
    }
}

static void die(const char *what, const char *detail) {
    say(what, detail);
    exit(CANNOT_START);
}

static int checked(int result, const char *what) {
    if (result < 0) {
        char why[128];
        snprintf(why, sizeof why, ": %s", strerror(errno));
        die(what, why);
    }
    return result;
}

/* A folder of ours alone, in memory: made, or found from before the container was restarted. */
static void open_state(void) {
    struct stat facts;
    struct statfs system;
    directory = getenv("KEYTURN_HIBERNATE");
    if (!directory || directory[0] != '/') die("KEYTURN_HIBERNATE is not set to an absolute path", "");
    if (mkdir(directory, 0700) < 0 && errno != EEXIST) checked(-1, "the folder of KEYTURN_HIBERNATE cannot be made");
    state_dir = checked(open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "the folder of KEYTURN_HIBERNATE cannot be opened");
    checked(fstat(state_dir, &facts), "fstat");
    checked(fstatfs(state_dir, &system), "fstatfs");
    if (facts.st_uid != geteuid() || (facts.st_mode & 0777) != 0700) die("is another user's, or open to others: ", directory);
    if (system.f_type != TMPFS_MAGIC && system.f_type != RAMFS_MAGIC) die("is not in memory, and secrets would reach a disk: ", directory);
}

/* The endpoint's socket. Under another name until it listens and is closed to others; the rename takes the place of what a killed container left. */
static void open_listener(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *endpoint = getenv("KEYTURN_ENDPOINT");
    if (!endpoint || !strcmp(endpoint, "none")) return;
    if (strncmp(endpoint, "unix:/", 6) || strlen(endpoint + 5) + 5 > sizeof address.sun_path) die("KEYTURN_ENDPOINT is neither unix:/PATH nor none", "");
    const char *path = endpoint + 5;
    snprintf(address.sun_path, sizeof address.sun_path, "%s.new", path);
    unlink(address.sun_path);
    listener = checked(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    mode_t mask = umask(0177);
    checked(bind(listener, (struct sockaddr *)&address, sizeof address), "the endpoint's socket cannot be made");
    umask(mask);
    checked(listen(listener, 16), "listen");
    checked(rename(address.sun_path, path), "the endpoint's socket cannot be put in its place");
    strcpy(socket_path, path);
}

/* The folder with the pod's hint, where the kubelet swaps a link. The watch stays, so that no change falls between two runs of the command. */
static void open_changes(void) {
    char folder[4096];
    const char *hint = getenv("KEYTURN_HINT");
    const char *name = hint ? strrchr(hint, '/') : NULL;
    if (!name || name == hint) return;
    snprintf(folder, sizeof folder, "%.*s", (int)(name - hint), hint);
    changes = checked(inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "inotify_init1");
    checked(inotify_add_watch(changes, folder, IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO), "the folder of KEYTURN_HINT cannot be watched");
}

static void drain(int descriptor) {
    char events[4096];
    while (read(descriptor, events, sizeof events) > 0) {}
}

static void set_timer(long milliseconds) {
    struct itimerspec time = {.it_value = {milliseconds / 1000, milliseconds % 1000 * 1000000}};
    checked(timerfd_settime(timer, 0, &time, NULL), "timerfd_settime");
}

static void start(const char *mode) {
    set_timer(0);
    if (changes >= 0) drain(changes); /* the command looks after this, so it sees what they tell of */
    child = checked(fork(), "fork");
    if (child) return;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* where this is not the first process of its namespace */
    if (listener >= 0) dup2(listener, STDIN_FILENO);
    int last = 0;
    while (command[last + 1]) last++;
    command[last] = (char *)mode;
    execv(command[0], command);
    say("cannot start ", command[0]);
    _exit(127);
}

/* What the command has left: the milliseconds until there is something to do; -1 if that is no such thing. */
static long take_wake(void) {
    char text[16];
    int file = openat(state_dir, "wake", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    unlinkat(state_dir, "wake", 0);
    if (length < 2 || text[length - 1] != '\n') return -1;
    text[length - 1] = 0;
    char *end;
    long milliseconds = strtol(text, &end, 10);
    return *end || milliseconds <= 0 || milliseconds > LONGEST_SLEEP_MS ? -1 : milliseconds;
}

static void leave(int code) {
    if (listener >= 0) unlink(socket_path);
    exit(code);
}

static void ended(int status) {
    bool exited = WIFEXITED(status);
    int code = exited ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    child = 0;
    if (ending) {
        /* It went to sleep just when it was told to end, or was not far enough to hear that. */
        if (code == ASLEEP || code == 128 + SIGTERM) start("end");
        else leave(code);
        return;
    }
    if (code == 0 || code == CANNOT_START) leave(code);
    long sleep = code == ASLEEP ? take_wake() : -1;
    if (sleep > 0) {
        crashes = 0;
        set_timer(sleep);
        return;
    }
    long pause = (long)FIRST_PAUSE_MS << (crashes < 5 ? crashes : 5);
    if (pause > LONGEST_PAUSE_MS) pause = LONGEST_PAUSE_MS;
    crashes++;
    char text[64];
    snprintf(text, sizeof text, "%d, and is started again in %ld s; what is published stays", code, pause / 1000);
    say("the sidecar ended with ", text);
    set_timer(pause);
}

/* Every child, ours and those of the command that have outlived it. */
static void reap(void) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == child) ended(status);
}

static void take_signal(void) {
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGCHLD) {
        reap();
    } else if (info.ssi_signo == SIGQUIT) { /* a JVM's threads, on its standard output */
        if (child) kill(child, SIGQUIT);
    } else if (!ending) {
        ending = true;
        if (child) kill(child, SIGTERM);
        else start("end");
    }
}

int main(int argc, char **argv) {
    if (argc < 3 || strcmp(argv[argc - 1], "run")) die("usage: hibernate COMMAND ARGUMENT... run", "");
    command = argv + 1;
    open_state();
    open_listener();
    open_changes();
    sigset_t handled;
    sigemptyset(&handled);
    const int known[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) sigaddset(&handled, known[i]);
    sigprocmask(SIG_SETMASK, &handled, NULL);
    signals = checked(signalfd(-1, &handled, SFD_CLOEXEC), "signalfd");
    timer = checked(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create");
    start("run");
    for (;;) {
        /* While the command runs, only signals concern us; after a crash, the pause has to be over first. */
        struct pollfd on[] = {{signals, POLLIN, 0}, {child ? -1 : timer, POLLIN, 0}, {child || crashes ? -1 : listener, POLLIN, 0}, {child || crashes ? -1 : changes, POLLIN, 0}};
        if (poll(on, 4, -1) < 0) continue;
        if (on[0].revents)
            take_signal();
        else if (on[1].revents || on[2].revents || on[3].revents)
            start("run");
    }
}
