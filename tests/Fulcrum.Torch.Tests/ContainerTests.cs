using System.Diagnostics;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>The script that the Dockerfile calls.</summary>
public sealed class ContainerTests
{
    private static string Configuration =>
        Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    private static string Script => Path.Combine(SharedData.Project, "eng", "container");

    [Fact]
    public void The_steps_of_the_Dockerfile_give_a_command_that_works_from_an_empty_folder()
    {
        string folder = Directory.CreateTempSubdirectory().FullName,
            published = Path.Combine(folder, "opt"),
            bin = Path.Combine(folder, "bin");

        // The tool is built already; the Dockerfile publishes it for its own platform alone.
        Run(folder, "build", SharedData.Project, published, "-c", Configuration, "--no-build");
        string output = Run(folder, "install", published, bin, "--help");

        Assert.Contains("fulcrum", output);
        Assert.True(File.Exists(Path.Combine(bin, "fulcrum")));
        Assert.True(File.Exists(Path.Combine(published, "assets", "model", "config.json")));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Every_script_that_the_Dockerfile_names_exists()
    {
        string text = File.ReadAllText(Path.Combine(SharedData.Project, "Dockerfile"));

        Assert.Contains("/source/eng/container build /source /opt/fulcrum -c Release -r linux-x64", text);
        Assert.Contains("/tmp/container install /opt/fulcrum /usr/local/bin", text);
        Assert.True(File.Exists(Script));
    }

    private static string Run(string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("bash", [Script, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        return output;
    }
}
