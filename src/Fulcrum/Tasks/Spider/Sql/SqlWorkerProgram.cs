using System.Reflection;
using System.Runtime.InteropServices;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>How a worker is started.</summary>
/// <param name="File">The program.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record SqlWorkerProgram(string File, IReadOnlyList<string> Arguments)
{
    private const string Tool = "Fulcrum.Cli";

    /// <summary>
    /// Returns the tool where this process is it or where it lies next to the program; otherwise this library, which
    /// .NET starts as a program of its own (<see cref="SqlWorker"/> has the entry point). Null where neither can be
    /// started, as in a program without its .NET host.
    /// </summary>
    public static SqlWorkerProgram? Find() => Itself() ?? NextTo(AppContext.BaseDirectory) ?? Embedded();

    private static SqlWorkerProgram? Itself() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) is "fulcrum" or Tool
            ? new SqlWorkerProgram(Environment.ProcessPath!, [SqlWorker.Verb])
            : null;

    private static SqlWorkerProgram? NextTo(string folder)
    {
        string program = Path.Combine(folder, OperatingSystem.IsWindows() ? Tool + ".exe" : Tool);
        return System.IO.File.Exists(program) ? new SqlWorkerProgram(program, [SqlWorker.Verb]) : null;
    }

    /// <summary>Returns this library as a program, with what the embedding program itself runs on; null where there is
    /// no .NET host.</summary>
    // dotnet exec --runtimeconfig APP.runtimeconfig.json --depsfile APP.deps.json Fulcrum.dll
    internal static SqlWorkerProgram? Embedded()
    {
        string library = typeof(SqlWorkerProgram).Assembly.Location,
            host = Path.Combine(DotnetRoot, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        string? settings = Beside(".runtimeconfig.json"),
            dependencies = Beside(".deps.json");
        return library.Length > 0 && System.IO.File.Exists(host) && settings is not null
            ? new SqlWorkerProgram(
                host,
                [
                    "exec",
                    "--runtimeconfig",
                    settings,
                    .. dependencies is null ? [] : (string[])["--depsfile", dependencies],
                    library,
                    SqlWorker.Verb,
                ]
            )
            : null;
    }

    /// <summary>The folder of the .NET installation that this process runs on.</summary>
    internal static string DotnetRoot =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string? Beside(string ending)
    {
        string? entry = Assembly.GetEntryAssembly()?.Location;
        string file = string.IsNullOrEmpty(entry) ? "" : Path.ChangeExtension(entry, null) + ending;
        return System.IO.File.Exists(file) ? file : null;
    }
}
