using System.CommandLine;

namespace Fulcrum.Cli;

/// <summary>The options that every verb accepts.</summary>
internal static class CommonOptions
{
    public static readonly Option<bool> Quiet = new("--quiet")
    {
        Description = "Show no progress and no table: errors, warnings and what was asked for, alone.",
        Recursive = true,
    };

    public static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Show where in the program a failure happened.",
        Recursive = true,
    };

    public static readonly Option<bool> Yes = new("--yes")
    {
        Description = "Fetch from the hub without asking, also more than 10 GB.",
        Recursive = true,
    };
}
