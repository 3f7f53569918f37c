using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Fulcrum.Sandbox;

/// <summary>The program and arguments of a worker process.</summary>
/// <param name="File">The program.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record WorkerProgram(string File, IReadOnlyList<string> Arguments)
{
    private const string Tool = "Fulcrum.Cli";

    /// <summary>Finds the program of a worker; returns null if there is none, for example in a program that was
    /// published without the .NET host.</summary>
    /// <param name="verb">The only argument. It selects the worker.</param>
    /// <param name="library">The library whose entry point runs the worker if the tool is not installed.</param>
    /// <remarks>
    /// The command line tool is preferred: this process itself, or the tool next to it. Otherwise .NET starts the
    /// library as a program, with the runtime settings and dependencies of the program that embeds it.
    /// </remarks>
    public static WorkerProgram? Find(string verb, Assembly library) =>
        Itself(verb) ?? NextTo(AppContext.BaseDirectory, verb) ?? Embedded(verb, library);

    /// <summary>Returns how to start the worker: with redirected streams, and with a part of the user's
    /// environment.</summary>
    /// <param name="inherits">Returns whether the worker gets the environment variable of this name.</param>
    internal ProcessStartInfo StartInfo(Func<string, bool> inherits)
    {
        ProcessStartInfo start = new(File, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (string name in start.Environment.Keys.Where(k => !inherits(k)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_gcConcurrent"] = "0";
        // Write-xor-execute maps code pages through a file that grows, which the limit of file sizes forbids.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        if (OperatingSystem.IsWindows())
        {
            start.Environment[ProcessLimits.ParentVariable] = Environment.ProcessId.ToString(
                CultureInfo.InvariantCulture
            );
        }

        return start;
    }

    /// <summary>Kills a worker, unless it has already exited.</summary>
    internal static void Kill(Process worker)
    {
        try
        {
            worker.Kill();
        }
        catch (InvalidOperationException)
        {
            // The process has already exited.
        }
    }

    private static WorkerProgram? Itself(string verb) =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) is "fulcrum" or Tool
            ? new WorkerProgram(Environment.ProcessPath!, [verb])
            : null;

    private static WorkerProgram? NextTo(string folder, string verb)
    {
        string program = Path.Combine(folder, OperatingSystem.IsWindows() ? Tool + ".exe" : Tool);
        return System.IO.File.Exists(program) ? new WorkerProgram(program, [verb]) : null;
    }

    // dotnet exec --runtimeconfig APP.runtimeconfig.json --depsfile APP.deps.json LIBRARY.dll VERB
    internal static WorkerProgram? Embedded(string verb, Assembly library)
    {
        string host = Path.Combine(DotnetRoot, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        string? settings = NextToEntry(".runtimeconfig.json"),
            dependencies = NextToEntry(".deps.json");
        string[] depends = dependencies is null ? [] : ["--depsfile", dependencies];
        return library.Location.Length > 0 && System.IO.File.Exists(host) && settings is not null
            ? new WorkerProgram(host, ["exec", "--runtimeconfig", settings, .. depends, library.Location, verb])
            : null;
    }

    /// <summary>The folder of the .NET installation that this process runs on.</summary>
    internal static string DotnetRoot =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string? NextToEntry(string ending)
    {
        string? entry = Assembly.GetEntryAssembly()?.Location;
        string file = string.IsNullOrEmpty(entry) ? "" : Path.ChangeExtension(entry, null) + ending;
        return System.IO.File.Exists(file) ? file : null;
    }
}
