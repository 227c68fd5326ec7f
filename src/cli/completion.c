#include "help.h"
#include "options.h"

#include <stdio.h>
#include <string.h>

static bool takes_file(const char *argument)
{
    return argument != NULL && strstr(argument, "FILE") != NULL;
}

/** Text between single quotes, as the three shells read it. */
static void print_quoted(const char *text)
{
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

static void print_bash_options(const struct dbk_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        printf(" --%s", options->name);
        if (options->letter != 0)
            printf(" -%c", options->letter);
    }
}

/** Options with a value, as alternatives of a case. */
static void print_bash_values(const struct dbk_option *options, bool files, const char **separator)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (options->kind == DBK_OPTION_FLAG || takes_file(options->argument) != files)
            continue;
        printf("%s--%s", *separator, options->name);
        *separator = "|";
        if (options->letter != 0)
            printf("|-%c", options->letter);
    }
}

static void print_bash_case(struct dbk_commands commands, bool files, const char *action)
{
    const char *separator = "    ";
    print_bash_values(dbk_global_table, files, &separator);
    for (size_t i = 0; i < commands.count; i++)
        print_bash_values(commands.list[i]->options, files, &separator);
    printf(") %s ;;\n", action);
}

static void print_bash(struct dbk_commands commands)
{
    puts("# bash completion for daybook, made from its table of commands\n"
         "_daybook() {\n"
         "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "    local command=${COMP_WORDS[1]} words files=false\n"
         "    COMPREPLY=()\n"
         "    if ((COMP_CWORD == 1)); then");
    printf("        words='--version help");
    for (size_t i = 0; i < commands.count; i++)
        printf(" %s", commands.list[i]->name);
    puts("'\n"
         "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "        return\n"
         "    fi\n"
         "    case $previous in");
    print_bash_case(commands, true, "COMPREPLY=($(compgen -f -- \"$current\")); return");
    print_bash_case(commands, false, "return");
    puts("    esac\n"
         "    case $command in");
    printf("    help) words='--man --completion");
    for (size_t i = 0; i < commands.count; i++)
        printf(" %s", commands.list[i]->name);
    puts("' ;;");
    for (size_t i = 0; i < commands.count; i++) {
        const struct dbk_command *command = commands.list[i];
        printf("    %s) words='", command->name);
        print_bash_options(command->options);
        printf("'%s ;;\n", takes_file(command->arguments) ? " files=true" : "");
    }
    printf("    *) return ;;\n"
           "    esac\n"
           "    [[ $command == help ]] || words+='");
    print_bash_options(dbk_global_table);
    puts("'\n"
         "    if [[ $current == -* || $command == help ]]; then\n"
         "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "    elif $files; then\n"
         "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "    fi\n"
         "}\n"
         "complete -o filenames -F _daybook daybook");
}

/** Text in an _arguments specification: brackets and colons have a meaning there. */
static void print_zsh_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text) != NULL)
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void print_zsh_options(const struct dbk_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        bool valued = options->kind != DBK_OPTION_FLAG;
        for (int letter = options->letter != 0; letter >= 0; letter--) {
            fputs(" \\\n            '", stdout);
            if (options->letter != 0 && options->letter != 'X')
                printf("(-%c --%s)", options->letter, options->name);
            if (options->letter == 'X')
                putchar('*');
            if (letter)
                printf("-%c%s[", options->letter, valued ? "+" : "");
            else
                printf("--%s%s[", options->name, valued ? "=" : "");
            print_zsh_text(options->help);
            putchar(']');
            if (valued) {
                putchar(':');
                print_zsh_text(options->argument);
                fputs(takes_file(options->argument) ? ":_files" : ": ", stdout);
            }
            putchar('\'');
        }
    }
}

static void print_zsh(struct dbk_commands commands)
{
    puts("#compdef daybook\n"
         "# zsh completion for daybook, made from its table of commands\n"
         "_daybook() {\n"
         "    local -a commands=(");
    for (size_t i = 0; i < commands.count; i++) {
        printf("        ");
        fputs("'", stdout);
        printf("%s:", commands.list[i]->name);
        print_zsh_text(commands.list[i]->summary);
        puts("'");
    }
    puts("        'help:show help for a command'\n"
         "    )\n"
         "    if ((CURRENT == 2)); then\n"
         "        _describe 'command' commands\n"
         "        return\n"
         "    fi\n"
         "    local command=$words[2]\n"
         "    shift words\n"
         "    ((CURRENT--))\n"
         "    case $command in\n"
         "    help) _describe 'command' commands ;;");
    for (size_t i = 0; i < commands.count; i++) {
        const struct dbk_command *command = commands.list[i];
        printf("    %s)\n        _arguments -s", command->name);
        print_zsh_options(command->options);
        print_zsh_options(dbk_global_table);
        if (command->arguments_max != 0) {
            fputs(" \\\n            '*:", stdout);
            print_zsh_text(command->arguments);
            fputs(takes_file(command->arguments) ? ":_files'" : ": '", stdout);
        }
        puts(" ;;");
    }
    puts("    esac\n"
         "}\n"
         "_daybook \"$@\"");
}

static void print_fish_options(const struct dbk_option *options, const char *command)
{
    for (; options != NULL && options->name != NULL; options++) {
        printf("complete -c daybook -n '%s%s' -l %s",
               command != NULL ? "__fish_seen_subcommand_from " : "not __fish_use_subcommand",
               command != NULL ? command : "", options->name);
        if (options->letter != 0)
            printf(" -s %c", options->letter);
        if (options->kind != DBK_OPTION_FLAG)
            fputs(takes_file(options->argument) ? " -r -F" : " -x", stdout);
        fputs(" -d ", stdout);
        print_quoted(options->help);
        putchar('\n');
    }
}

static void print_fish(struct dbk_commands commands)
{
    puts("# fish completion for daybook, made from its table of commands\n"
         "complete -c daybook -f\n"
         "complete -c daybook -n __fish_use_subcommand -l version -d 'versions'\n"
         "complete -c daybook -n __fish_use_subcommand -a help -d 'show help for a command'");
    for (size_t i = 0; i < commands.count; i++) {
        printf("complete -c daybook -n __fish_use_subcommand -a %s -d ", commands.list[i]->name);
        print_quoted(commands.list[i]->summary);
        putchar('\n');
    }
    for (size_t i = 0; i < commands.count; i++) {
        const struct dbk_command *command = commands.list[i];
        print_fish_options(command->options, command->name);
        printf("complete -c daybook -n '__fish_seen_subcommand_from help' -a %s\n", command->name);
        if (takes_file(command->arguments))
            printf("complete -c daybook -n '__fish_seen_subcommand_from %s' -F\n", command->name);
    }
    print_fish_options(dbk_global_table, NULL);
}

bool dbk_completion_print(struct dbk_commands commands, const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        print_bash(commands);
    else if (strcmp(shell, "zsh") == 0)
        print_zsh(commands);
    else if (strcmp(shell, "fish") == 0)
        print_fish(commands);
    else
        return false;
    return true;
}
