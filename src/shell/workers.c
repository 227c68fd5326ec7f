#include "workers.h"

#include <pthread.h>
#include <stdlib.h>

#define THREADS_MAX 8

struct dbk_workers {
    pthread_t threads[THREADS_MAX];
    int thread_count;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    struct dbk_job *first;
    struct dbk_job **last;
    int waiting;
    bool stopping;
};

/** @return the next job, or NULL at the end. */
static struct dbk_job *take(struct dbk_workers *workers)
{
    pthread_mutex_lock(&workers->mutex);
    while (workers->first == NULL && !workers->stopping)
        pthread_cond_wait(&workers->changed, &workers->mutex);
    struct dbk_job *job = workers->stopping ? NULL : workers->first;
    if (job != NULL) {
        workers->waiting--;
        workers->first = job->next;
        if (workers->first == NULL)
            workers->last = &workers->first;
    }
    pthread_mutex_unlock(&workers->mutex);
    return job;
}

static void *work(void *argument)
{
    for (struct dbk_job *job; (job = take(argument)) != NULL;)
        job->run(job, false);
    return NULL;
}

int dbk_workers_open(struct dbk_workers **workers, int thread_count, struct dbk_err *err)
{
    DBK_ASSERT(thread_count <= THREADS_MAX);
    *workers = NULL;
    struct dbk_workers *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    pthread_mutex_init(&opened->mutex, NULL);
    pthread_cond_init(&opened->changed, NULL);
    opened->last = &opened->first;
    for (; opened->thread_count < thread_count; opened->thread_count++)
        if (pthread_create(&opened->threads[opened->thread_count], NULL, work, opened) != 0) {
            dbk_workers_stop(opened);
            dbk_workers_close(opened);
            return dbk_err_set(err, DBK_ENOMEM, "no further thread can be started.");
        }
    *workers = opened;
    return 0;
}

bool dbk_workers_submit(struct dbk_workers *workers, struct dbk_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&workers->mutex);
    bool taken = !workers->stopping;
    if (taken) {
        *workers->last = job;
        workers->last = &job->next;
        workers->waiting++;
        pthread_cond_signal(&workers->changed);
    }
    pthread_mutex_unlock(&workers->mutex);
    return taken;
}

int dbk_workers_waiting(struct dbk_workers *workers)
{
    pthread_mutex_lock(&workers->mutex);
    int waiting = workers->waiting;
    pthread_mutex_unlock(&workers->mutex);
    return waiting;
}

void dbk_workers_stop(struct dbk_workers *workers)
{
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->mutex);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->mutex);
    for (int i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
    workers->thread_count = 0;
    while (workers->first != NULL) {
        struct dbk_job *job = workers->first;
        workers->first = job->next;
        job->run(job, true);
    }
}

void dbk_workers_close(struct dbk_workers *workers)
{
    if (workers == NULL)
        return;
    pthread_cond_destroy(&workers->changed);
    pthread_mutex_destroy(&workers->mutex);
    free(workers);
}
