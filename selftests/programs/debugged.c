// SPDX-License-Identifier: GPL-2.0
/* debugged ROUNDS: is run by a debugger, which breaks in turn() and watches total. */
#include <stdio.h>
#include <stdlib.h>

unsigned long total;
volatile unsigned long idle;

static void turn(int n)
{
	total = total * 31 + n;
}

int main(int argc, char **argv)
{
	int n, rounds = argc > 1 ? atoi(argv[1]) : 100;

	for (n = 1; n <= rounds; n++) {
		turn(n);
		for (idle = 0; idle < 20000; idle++)
			;
	}
	printf("total %lu\n", total);
	return total % 100;
}
