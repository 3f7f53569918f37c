namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>How a worker is started: the tool itself, by its hidden verb.</summary>
public sealed record SqlWorkerProgram(string File, IReadOnlyList<string> Arguments)
{
    private const string Tool = "Fulcrum.Cli";

    /// <summary>The tool that this process is, or that lies beside it; null where there is none, as for a library used
    /// in another program.</summary>
    public static SqlWorkerProgram? Find()
    {
        string extension = OperatingSystem.IsWindows() ? ".exe" : "",
            beside = Path.Combine(AppContext.BaseDirectory, Tool);
        string? here = Environment.ProcessPath;
        string name = Path.GetFileNameWithoutExtension(here) ?? "";
        return name is "fulcrum" or Tool ? new SqlWorkerProgram(here!, [SqlWorker.Verb])
            : System.IO.File.Exists(beside + extension) ? new SqlWorkerProgram(beside + extension, [SqlWorker.Verb])
            : name == "dotnet" && System.IO.File.Exists(beside + ".dll")
                ? new SqlWorkerProgram(here!, [beside + ".dll", SqlWorker.Verb])
            : null;
    }
}
