// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/kcr as functions.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include "device.h"

static int result(int r)
{
	return r < 0 ? -errno : r;
}

int device_open(void)
{
	return result(open(KCR_DEVICE, O_RDWR | O_CLOEXEC));
}

int device_info(int device, struct kcr_info *info)
{
	info->size = sizeof(*info);
	return result(ioctl(device, KCR_IOC_INFO, info));
}

int device_checkpoint(int device, const struct kcr_checkpoint *request)
{
	return result(ioctl(device, KCR_IOC_CHECKPOINT, request));
}

int device_track(int device, uint32_t how)
{
	struct kcr_track request = { .size = sizeof(request), .how = how };

	return result(ioctl(device, KCR_IOC_TRACK, &request));
}

int device_restart(int device, const struct kcr_restart *request)
{
	return result(ioctl(device, KCR_IOC_RESTART, request));
}

int device_run(int op, const struct kcr_run *run)
{
	return result(ioctl(op, KCR_IOC_RUN, run));
}

int device_finish(int op, enum kcr_action action)
{
	struct kcr_finish finish = { .size = sizeof(finish), .action = action };

	return result(ioctl(op, KCR_IOC_FINISH, &finish));
}

int device_status(int op, struct kcr_status *status)
{
	status->size = sizeof(*status);
	return result(ioctl(op, KCR_IOC_STATUS, status));
}

int device_cgroup(int op, struct kcr_cgroup *next)
{
	next->size = sizeof(*next);
	return result(ioctl(op, KCR_IOC_CGROUP, next));
}

int device_cancel(int op)
{
	return result(ioctl(op, KCR_IOC_CANCEL));
}
