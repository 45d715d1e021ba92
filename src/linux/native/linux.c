/*
 * The native part: descriptors that plain Node.js cannot open (raw, packet and netlink sockets, timerfd, pidfd, epoll),
 * and the scheduling class of a thread, and execve.
 *
 * Rules. It is blind to protocols: addresses, options, ancillary data and messages are bytes that TypeScript builds and
 * reads. It never throws: every call returns what the kernel returned, a number >= 0 or -errno. An object owns its
 * descriptor: it is closed once, by close(), by the garbage collector or by the end of the thread, whichever comes
 * first, and a call after that returns -EBADF. There is no state outside the objects, so the same library serves the
 * main thread and any number of workers.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <node_api.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>
#include <uv.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#define MAX_ARGUMENTS 4
#define MAX_FILTER_INSTRUCTIONS 4096
#define MAX_EVENTS 256

typedef struct watch watch;

typedef int (*opener)(const int64_t numbers[3]);

/* What a JavaScript object wraps. `fd` is -errno when opening failed and -EBADF once closed. */
typedef struct {
  int fd;
  opener open;
  napi_ref self; /* weak, and strong while watched: a watched descriptor must not be collected */
  watch *watch;
} descriptor;

/*
 * A libuv handle outlives its descriptor: it is freed in its close callback, which during the end of a thread comes
 * after the finalizers. Hence an allocation of its own that knows its owner only while the watch is on.
 */
struct watch {
  uv_poll_t poll;
  napi_env env;
  napi_ref callback;
  napi_async_cleanup_hook_handle hook;
  descriptor *owner;
};

/* ---- arguments and results ---------------------------------------------------------------------------------- */

typedef struct {
  size_t count;
  napi_value values[MAX_ARGUMENTS];
  napi_value self;
  void *data;
  descriptor *target; /* behind `this`, in a method call */
  int fd;             /* its descriptor, or -errno: what the method then has to return */
} arguments;

static arguments read_arguments(napi_env env, napi_callback_info info) {
  arguments a = {.count = MAX_ARGUMENTS, .fd = -EBADF};
  napi_get_cb_info(env, info, &a.count, a.values, &a.self, &a.data);
  return a;
}

/* V8 refuses a method on an object of another class, so what `this` wraps is ours. */
static arguments read_call(napi_env env, napi_callback_info info) {
  arguments a = read_arguments(env, info);
  if (napi_unwrap(env, a.self, (void **)&a.target) == napi_ok) a.fd = a.target->fd;
  return a;
}

static napi_value result(napi_env env, long value) {
  napi_value number;
  napi_create_int64(env, value, &number);
  return number;
}

/* What a system call returned, in the kernel's own convention. */
static napi_value outcome(napi_env env, long value) { return result(env, value < 0 ? -errno : value); }

static int64_t integer(napi_env env, const arguments *a, size_t index) {
  int64_t value = 0;
  if (index < a->count) napi_get_value_int64(env, a->values[index], &value);
  return value;
}

/* The memory of a typed array argument; false when the argument is none. */
static bool bytes(napi_env env, const arguments *a, size_t index, void **data, size_t *length) {
  static const size_t widths[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  bool is_array = false;
  napi_typedarray_type type;
  *data = NULL;
  *length = 0;
  if (index >= a->count || napi_is_typedarray(env, a->values[index], &is_array) != napi_ok || !is_array) return false;
  if (napi_get_typedarray_info(env, a->values[index], &type, length, data, NULL, NULL) != napi_ok) return false;
  if ((size_t)type >= sizeof widths / sizeof widths[0]) return false;
  *length *= widths[type];
  return true;
}

/* ---- watching ----------------------------------------------------------------------------------------------- */

static void on_watch_closed(uv_handle_t *handle) {
  watch *w = handle->data;
  napi_remove_async_cleanup_hook(w->hook);
  free(w);
}

static void stop_watch(descriptor *d) {
  watch *w = d->watch;
  if (w == NULL) return;
  d->watch = NULL;
  w->owner = NULL;
  napi_delete_reference(w->env, w->callback);
  napi_reference_unref(w->env, d->self, NULL);
  uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

/* A thread ends only after its loop has closed every handle; this hook is what makes it wait for ours. */
static void on_thread_end(napi_async_cleanup_hook_handle hook, void *data) {
  watch *w = data;
  (void)hook;
  if (w->owner != NULL) stop_watch(w->owner);
}

/*
 * libuv stops a poll handle that reports an error condition (netlink overrun, interface down). The condition belongs to
 * the reader: its next receive returns the error and thereby clears it, so the handle is simply started again.
 */
static void on_ready(uv_poll_t *poll, int status, int events) {
  watch *w = poll->data;
  napi_env env = w->env;
  napi_handle_scope scope;
  napi_value self, callback, error;
  (void)events;
  if (status < 0) uv_poll_start(poll, UV_READABLE, on_ready);
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (napi_get_reference_value(env, w->owner->self, &self) == napi_ok &&
      napi_get_reference_value(env, w->callback, &callback) == napi_ok &&
      napi_make_callback(env, NULL, self, callback, 0, NULL, NULL) == napi_pending_exception &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok)
    napi_fatal_exception(env, error);
  napi_close_handle_scope(env, scope);
}

static int start_watch(napi_env env, descriptor *d, napi_value callback) {
  uv_loop_t *loop;
  int error;
  if (d->watch != NULL) return -EALREADY;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return -EINVAL;
  watch *w = calloc(1, sizeof *w);
  if (w == NULL) return -ENOMEM;
  error = uv_poll_init(loop, &w->poll, d->fd);
  if (error < 0) {
    free(w);
    return error;
  }
  w->env = env;
  w->owner = d;
  w->poll.data = w;
  d->watch = w;
  napi_create_reference(env, callback, 1, &w->callback);
  napi_reference_ref(env, d->self, NULL);
  napi_add_async_cleanup_hook(env, on_thread_end, w, &w->hook);
  error = uv_poll_start(&w->poll, UV_READABLE, on_ready);
  if (error < 0) stop_watch(d);
  return error;
}

/* watch(callback): calls back on every turn of the loop in which the descriptor is readable (level-triggered). */
static napi_value method_watch(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  napi_valuetype type = napi_undefined;
  if (a.fd < 0) return result(env, a.fd);
  if (a.count < 1 || napi_typeof(env, a.values[0], &type) != napi_ok || type != napi_function)
    return result(env, -EINVAL);
  return result(env, start_watch(env, a.target, a.values[0]));
}

/* hold(boolean): whether the watch keeps the loop alive; it does before the first call. */
static napi_value method_hold(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  bool is_held = true;
  if (a.fd < 0) return result(env, a.fd);
  if (a.target->watch == NULL || a.count < 1 || napi_get_value_bool(env, a.values[0], &is_held) != napi_ok)
    return result(env, -EINVAL);
  uv_handle_t *handle = (uv_handle_t *)&a.target->watch->poll;
  if (is_held)
    uv_ref(handle);
  else
    uv_unref(handle);
  return result(env, 0);
}

static napi_value method_unwatch(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  if (a.fd < 0) return result(env, a.fd);
  stop_watch(a.target);
  return result(env, 0);
}

/* ---- the life of a descriptor ------------------------------------------------------------------------------- */

static void close_descriptor(descriptor *d) {
  if (d->fd < 0) return;
  stop_watch(d);
  close(d->fd);
  d->fd = -EBADF;
}

static void on_collected(napi_env env, void *data, void *hint) {
  descriptor *d = data;
  (void)hint;
  close_descriptor(d);
  napi_delete_reference(env, d->self);
  free(d);
}

static int open_socket(const int64_t n[3]) {
  return socket((int)n[0], (int)n[1] | SOCK_CLOEXEC | SOCK_NONBLOCK, (int)n[2]);
}

static int open_timer(const int64_t n[3]) {
  (void)n;
  return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
}

static int open_poll(const int64_t n[3]) {
  (void)n;
  return epoll_create1(EPOLL_CLOEXEC);
}

/* The kernel marks a pidfd close-on-exec by itself. */
static int open_process(const int64_t n[3]) { return (int)syscall(SYS_pidfd_open, (pid_t)n[0], 0); }

/* A duplicate of another process's descriptor; the kernel marks it close-on-exec by itself. */
static int open_duplicate(const int64_t n[3]) {
  int process = (int)syscall(SYS_pidfd_open, (pid_t)n[0], 0);
  if (process < 0) return process;
  int fd = (int)syscall(SYS_pidfd_getfd, process, (int)n[1], 0);
  int error = errno;
  close(process);
  errno = error;
  return fd;
}

static void open_descriptor(napi_env env, descriptor *d, const arguments *a) {
  int64_t numbers[3] = {integer(env, a, 0), integer(env, a, 1), integer(env, a, 2)};
  d->fd = d->open(numbers);
  if (d->fd < 0) d->fd = -errno;
}

/*
 * new Socket(domain, type, protocol), new Timer(), new Poll(), new Process(pid), new Duplicate(pid, fd): look at `fd`
 * for -errno.
 */
static napi_value construct(napi_env env, napi_callback_info info) {
  arguments a = read_arguments(env, info);
  napi_value target = NULL;
  if (napi_get_new_target(env, info, &target) != napi_ok || target == NULL) return NULL;
  descriptor *d = calloc(1, sizeof *d);
  if (d == NULL) return NULL;
  if (napi_wrap(env, a.self, d, on_collected, NULL, &d->self) != napi_ok) {
    free(d);
    return NULL;
  }
  d->open = (opener)a.data;
  open_descriptor(env, d, &a);
  return a.self;
}

/*
 * reopen(what its constructor takes) -> descriptor number. Of a closed object: what lives for milliseconds, thousands of
 * times, need not be an object for the garbage collector to finalize each time.
 */
static napi_value method_reopen(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  if (a.target == NULL) return result(env, -EINVAL);
  if (a.fd >= 0) return result(env, -EALREADY);
  open_descriptor(env, a.target, &a);
  return result(env, a.target->fd);
}

static napi_value method_close(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  if (a.fd < 0) return result(env, a.fd);
  close_descriptor(a.target);
  return result(env, 0);
}

static napi_value getter_fd(napi_env env, napi_callback_info info) {
  return result(env, read_call(env, info).fd);
}

/* ---- sockets ------------------------------------------------------------------------------------------------ */

/* bind(address bytes) */
static napi_value method_bind(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  void *address;
  size_t length;
  if (a.fd < 0) return result(env, a.fd);
  if (!bytes(env, &a, 0, &address, &length)) return result(env, -EINVAL);
  return outcome(env, bind(a.fd, address, (socklen_t)length));
}

/* listen(backlog) */
static napi_value method_listen(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  if (a.fd < 0) return result(env, a.fd);
  return outcome(env, listen(a.fd, (int)integer(env, &a, 0)));
}

/* localAddress(bytes) -> length: where the socket is bound. */
static napi_value method_local_address(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  void *address;
  size_t size;
  if (a.fd < 0) return result(env, a.fd);
  if (!bytes(env, &a, 0, &address, &size)) return result(env, -EINVAL);
  socklen_t length = (socklen_t)size;
  int error = getsockname(a.fd, address, &length);
  return outcome(env, error < 0 ? error : (long)length);
}

/* connect(address bytes): of a stream -EINPROGRESS at first; it is writable when that has ended, one way or another. */
static napi_value method_connect(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  void *address;
  size_t length;
  if (a.fd < 0) return result(env, a.fd);
  if (!bytes(env, &a, 0, &address, &length)) return result(env, -EINVAL);
  return outcome(env, connect(a.fd, address, (socklen_t)length));
}

/* setOption(level, name, bytes | integer) */
static napi_value method_set_option(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  void *value;
  size_t length;
  if (a.fd < 0) return result(env, a.fd);
  int number = (int)integer(env, &a, 2);
  if (!bytes(env, &a, 2, &value, &length)) {
    value = &number;
    length = sizeof number;
  }
  return outcome(env, setsockopt(a.fd, (int)integer(env, &a, 0), (int)integer(env, &a, 1), value, (socklen_t)length));
}

/* getOption(level, name, bytes) -> length */
static napi_value method_get_option(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  void *value;
  size_t size;
  if (a.fd < 0) return result(env, a.fd);
  if (!bytes(env, &a, 2, &value, &size)) return result(env, -EINVAL);
  socklen_t length = (socklen_t)size;
  int error = getsockopt(a.fd, (int)integer(env, &a, 0), (int)integer(env, &a, 1), value, &length);
  return outcome(env, error < 0 ? error : (long)length);
}

/* attachFilter(instructions): struct sock_filter, 8 bytes each (classic BPF). */
static napi_value method_attach_filter(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  void *code;
  size_t length;
  if (a.fd < 0) return result(env, a.fd);
  if (!bytes(env, &a, 0, &code, &length) || length % sizeof(struct sock_filter) != 0) return result(env, -EINVAL);
  if (length / sizeof(struct sock_filter) > MAX_FILTER_INSTRUCTIONS) return result(env, -EINVAL);
  struct sock_fprog program = {.len = (unsigned short)(length / sizeof(struct sock_filter)), .filter = code};
  return outcome(env, setsockopt(a.fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

/* send(message, address | undefined) -> length. Never waits. */
static napi_value method_send(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  void *message, *address;
  size_t length, address_length;
  ssize_t sent;
  if (a.fd < 0) return result(env, a.fd);
  if (!bytes(env, &a, 0, &message, &length)) return result(env, -EINVAL);
  bytes(env, &a, 1, &address, &address_length);
  do
    sent = sendto(a.fd, message, length, MSG_DONTWAIT | MSG_NOSIGNAL, address, (socklen_t)address_length);
  while (sent < 0 && errno == EINTR);
  return outcome(env, sent);
}

/*
 * receive(message, control | undefined, from | undefined, Int32Array of 3) -> length. Fills the arrays, and the last one
 * with the lengths of `from` and `control` and with the kernel's flags (MSG_TRUNC, MSG_CTRUNC). Never waits.
 * MSG_CMSG_CLOEXEC is left out because packet sockets refuse it with EINVAL.
 */
static napi_value method_receive(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  void *buffer, *control, *from, *out;
  size_t length, control_length, from_length, out_length;
  ssize_t received;
  if (a.fd < 0) return result(env, a.fd);
  if (!bytes(env, &a, 0, &buffer, &length)) return result(env, -EINVAL);
  bytes(env, &a, 1, &control, &control_length);
  bytes(env, &a, 2, &from, &from_length);
  if (!bytes(env, &a, 3, &out, &out_length) || out_length < 3 * sizeof(int32_t)) return result(env, -EINVAL);
  struct iovec vector = {.iov_base = buffer, .iov_len = length};
  struct msghdr header;
  do {
    memset(&header, 0, sizeof header);
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = control_length;
    header.msg_name = from;
    header.msg_namelen = (socklen_t)from_length;
    received = recvmsg(a.fd, &header, MSG_DONTWAIT);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return outcome(env, received);
  int32_t details[3] = {(int32_t)header.msg_namelen, (int32_t)header.msg_controllen, header.msg_flags};
  if ((size_t)details[0] > from_length) details[0] = (int32_t)from_length;
  memcpy(out, details, sizeof details);
  return result(env, received);
}

/* ---- polls -------------------------------------------------------------------------------------------------- */

/*
 * include(descriptor number, key): tells changes of it (edge-triggered) until it is closed, which the kernel notices by
 * itself.
 */
static napi_value method_include(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
  if (a.fd < 0) return result(env, a.fd);
  event.data.u64 = (uint64_t)integer(env, &a, 1);
  return outcome(env, epoll_ctl(a.fd, EPOLL_CTL_ADD, (int)integer(env, &a, 0), &event));
}

/* wait(Int32Array) -> how many are ready: fills it with a key and the events of each. Never waits. */
static napi_value method_wait(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  struct epoll_event events[MAX_EVENTS];
  void *out;
  size_t length;
  int count;
  if (a.fd < 0) return result(env, a.fd);
  if (!bytes(env, &a, 0, &out, &length) || length < 2 * sizeof(int32_t)) return result(env, -EINVAL);
  size_t room = length / (2 * sizeof(int32_t));
  do
    count = epoll_wait(a.fd, events, room < MAX_EVENTS ? (int)room : MAX_EVENTS, 0);
  while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) {
    int32_t pair[2] = {(int32_t)events[i].data.u64, (int32_t)events[i].events};
    memcpy((char *)out + (size_t)i * sizeof pair, pair, sizeof pair);
  }
  return outcome(env, count);
}

/* ---- timers ------------------------------------------------------------------------------------------------- */

/* read(bytes) -> length */
static napi_value method_read(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  void *buffer;
  size_t length;
  if (a.fd < 0) return result(env, a.fd);
  if (!bytes(env, &a, 0, &buffer, &length)) return result(env, -EINVAL);
  return outcome(env, read(a.fd, buffer, length));
}

/* arm(seconds, nanoseconds): a point on CLOCK_MONOTONIC; 0, 0 disarms. */
static napi_value method_arm(napi_env env, napi_callback_info info) {
  arguments a = read_call(env, info);
  struct itimerspec when = {0};
  if (a.fd < 0) return result(env, a.fd);
  when.it_value.tv_sec = (time_t)integer(env, &a, 0);
  when.it_value.tv_nsec = (long)integer(env, &a, 1);
  return outcome(env, timerfd_settime(a.fd, TFD_TIMER_ABSTIME, &when, NULL));
}

/* ---- the process -------------------------------------------------------------------------------------------- */

/* setScheduler(policy, priority) for the calling thread. The C library's wrapper is a stub in musl. */
static napi_value set_scheduler(napi_env env, napi_callback_info info) {
  arguments a = read_arguments(env, info);
  struct sched_param parameters = {.sched_priority = (int)integer(env, &a, 1)};
  return outcome(env, syscall(SYS_sched_setscheduler, 0, (int)integer(env, &a, 0), &parameters));
}

/* getScheduler() -> policy of the calling thread, with its flags. */
static napi_value get_scheduler(napi_env env, napi_callback_info info) {
  (void)info;
  return outcome(env, syscall(SYS_sched_getscheduler, 0));
}

/* getPriority() -> real-time priority of the calling thread. */
static napi_value get_priority(napi_env env, napi_callback_info info) {
  struct sched_param parameters = {0};
  (void)info;
  long error = syscall(SYS_sched_getparam, 0, &parameters);
  return outcome(env, error < 0 ? error : parameters.sched_priority);
}

/* closeOnExec(descriptor number) */
static napi_value close_on_exec(napi_env env, napi_callback_info info) {
  arguments a = read_arguments(env, info);
  int fd = (int)integer(env, &a, 0);
  int flags = fcntl(fd, F_GETFD);
  return outcome(env, flags < 0 ? flags : fcntl(fd, F_SETFD, flags | FD_CLOEXEC));
}

/*
 * execute(words): this process becomes another program with the same standard streams, each word ending with a zero
 * byte, the first being the file. Comes back only when the kernel refuses.
 */
static napi_value execute(napi_env env, napi_callback_info info) {
  arguments a = read_arguments(env, info);
  void *data;
  size_t length;
  if (!bytes(env, &a, 0, &data, &length) || length == 0 || ((char *)data)[length - 1] != '\0')
    return result(env, -EINVAL);
  size_t count = 0;
  for (size_t i = 0; i < length; i++) count += ((char *)data)[i] == '\0';
  char **words = calloc(count + 1, sizeof *words);
  if (words == NULL) return result(env, -ENOMEM);
  char *word = data;
  for (size_t i = 0; i < count; i++, word += strlen(word) + 1) words[i] = word;
  /* Node.js has marked all that it inherited, the standard streams with the rest. */
  for (int fd = 0; fd <= 2; fd++) {
    int flags = fcntl(fd, F_GETFD);
    if (flags >= 0) fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC);
  }
  execve(words[0], words, environ);
  int error = errno;
  free(words);
  return result(env, -error);
}

/* errorText(errno) -> the C library's own text, which other libraries throw instead of a code. */
static napi_value error_text(napi_env env, napi_callback_info info) {
  arguments a = read_arguments(env, info);
  napi_value text;
  napi_create_string_utf8(env, strerror((int)integer(env, &a, 0)), NAPI_AUTO_LENGTH, &text);
  return text;
}

/* ---- the module --------------------------------------------------------------------------------------------- */

#define METHOD(name, function) {(name), NULL, (function), NULL, NULL, NULL, napi_default_method, NULL}

/* Every class has every method: on the wrong kind of descriptor the kernel answers ENOTSOCK or EINVAL. */
static const napi_property_descriptor methods[] = {
    METHOD("bind", method_bind),
    METHOD("listen", method_listen),
    METHOD("localAddress", method_local_address),
    METHOD("connect", method_connect),
    METHOD("setOption", method_set_option),
    METHOD("getOption", method_get_option),
    METHOD("attachFilter", method_attach_filter),
    METHOD("send", method_send),
    METHOD("receive", method_receive),
    METHOD("include", method_include),
    METHOD("wait", method_wait),
    METHOD("read", method_read),
    METHOD("arm", method_arm),
    METHOD("watch", method_watch),
    METHOD("hold", method_hold),
    METHOD("unwatch", method_unwatch),
    METHOD("close", method_close),
    METHOD("reopen", method_reopen),
    {"fd", NULL, NULL, getter_fd, NULL, NULL, napi_enumerable, NULL},
};

static const napi_property_descriptor functions[] = {
    METHOD("setScheduler", set_scheduler), METHOD("getScheduler", get_scheduler), METHOD("getPriority", get_priority),
    METHOD("closeOnExec", close_on_exec),  METHOD("execute", execute),            METHOD("errorText", error_text),
};

static napi_status export_class(napi_env env, napi_value exports, const char *name, opener open) {
  napi_value constructor;
  napi_status status = napi_define_class(env, name, NAPI_AUTO_LENGTH, construct, (void *)open,
                                         sizeof methods / sizeof methods[0], methods, &constructor);
  return status == napi_ok ? napi_set_named_property(env, exports, name, constructor) : status;
}

NAPI_MODULE_INIT() {
  export_class(env, exports, "Socket", open_socket);
  export_class(env, exports, "Timer", open_timer);
  export_class(env, exports, "Poll", open_poll);
  export_class(env, exports, "Process", open_process);
  export_class(env, exports, "Duplicate", open_duplicate);
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
  napi_value word;
  napi_create_uint32(env, sizeof(size_t), &word);
  napi_set_named_property(env, exports, "wordBytes", word);
  return exports;
}
