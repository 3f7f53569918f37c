using System.Diagnostics;

namespace Fulcrum.Tests;

/// <summary>Runs a program that lies beside the tests, such as those of <c>samples/</c>, as a user does: in a process
/// of its own.</summary>
internal static class SampleProgram
{
    /// <returns>The exit code and what it printed.</returns>
    public static (int Code, string Output, string Errors) Run(string name, params string[] arguments) =>
        RunIn(Environment.CurrentDirectory, name, arguments);

    /// <inheritdoc cref="Run"/>
    /// <param name="folder">The folder in which it is started.</param>
    public static (int Code, string Output, string Errors) RunIn(string folder, string name, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        ProcessStartInfo start = new("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
