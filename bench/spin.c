/* Uses a core for a fixed number of steps, each of which waits for the one before, and prints the seconds it took.
 *
 *     spin STEPS */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
  (void)argc;
  struct timespec a, b;
  unsigned long long x = 1, n = strtoull(argv[1], 0, 10);
  clock_gettime(CLOCK_MONOTONIC, &a);
  for (unsigned long long i = 0; i < n; i++) x = x * 6364136223846793005ULL + 1442695040888963407ULL;
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("%f %llu\n", (b.tv_sec - a.tv_sec) + (b.tv_nsec - a.tv_nsec) / 1e9, x & 1);
  return 0;
}
