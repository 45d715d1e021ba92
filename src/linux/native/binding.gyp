{
  "targets": [
    {
      "target_name": "linux",
      "sources": ["linux.c"],
      "cflags": ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden"]
    }
  ]
}
