using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>The instructions of the Dockerfile, performed in a folder that stands for the image's root.</summary>
public sealed partial class ContainerTests
{
    // A publish of its own would take minutes. The tests have built the tool already, for this platform.
    private const string Options = "-c Release -r linux-x64";

    private static string Configuration =>
        Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    [Fact]
    public void The_instructions_of_the_Dockerfile_give_a_command_that_works_from_an_empty_folder()
    {
        string root = Directory.CreateTempSubdirectory().FullName;
        Directory.CreateDirectory(Path.Combine(root, "tmp"));
        string output = "";

        foreach ((string name, string arguments) in Instructions())
        {
            switch (name)
            {
                case "COPY":
                    Copy(arguments.Split(' '), root);
                    break;
                case "RUN":
                    output = Run(InFolder(arguments, root), root);
                    break;
                case "ENTRYPOINT":
                    Assert.True(File.Exists(Path.Combine(root, "usr", "local", "bin", arguments.Trim('[', ']', '"'))));
                    break;
                default:
                    Assert.Contains(name, (string[])["FROM", "USER", "WORKDIR"]);
                    break;
            }
        }

        // The last step tries the command.
        Assert.Contains("fulcrum", output);
        Assert.True(File.Exists(Path.Combine(root, "opt", "fulcrum", "assets", "model", "config.json")));
        Assert.False(File.Exists(Path.Combine(root, "tmp", "container")));
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void The_images_have_the_version_of_NET_that_the_projects_target()
    {
        string properties = File.ReadAllText(Path.Combine(SharedData.Project, "Directory.Build.props"));
        string version = Framework().Match(properties).Groups[1].Value;

        string[] images = [.. Instructions().Where(i => i.Name == "FROM").Select(i => i.Arguments.Split(' ')[0])];

        Assert.Equal([$"mcr.microsoft.com/dotnet/sdk:{version}", $"mcr.microsoft.com/dotnet/aspnet:{version}"], images);
    }

    private static IEnumerable<(string Name, string Arguments)> Instructions() =>
        File.ReadLines(Path.Combine(SharedData.Project, "Dockerfile"))
            .Where(l => l.Length > 0 && !l.StartsWith('#'))
            .Select(l => l.Split(' ', 2))
            .Select(l => (l[0], l[1]));

    /// <summary>Copies one file. The sources are used where they are, and both images have the same root here.</summary>
    private static void Copy(string[] arguments, string root)
    {
        switch (arguments)
        {
            case [".", "/source"]:
                break;
            case ["--from=build", { } from, { } to]:
                Assert.Equal(from, to);
                break;
            default:
                Assert.Equal(2, arguments.Length);
                File.Copy(Path.Combine(SharedData.Project, arguments[0]), root + arguments[1]);
                break;
        }
    }

    private static string InFolder(string command, string root)
    {
        string inside = AbsolutePath()
            .Replace(command, m => m.Value.StartsWith("/source", StringComparison.Ordinal) ? m.Value : root + m.Value)
            .Replace("/source", SharedData.Project, StringComparison.Ordinal);
        string bin = Path.Combine(root, "usr", "local", "bin");
        return inside
            .Replace(Options, $"-c {Configuration} --no-build", StringComparison.Ordinal)
            // The install step tries "doctor", which measures the machine for seconds.
            .Replace($"{bin} ", $"{bin} --help ", StringComparison.Ordinal);
    }

    private static string Run(string command, string folder)
    {
        ProcessStartInfo start = new("bash", ["-ec", command])
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

    [GeneratedRegex(@"(?<=^| )/[^ ]+")]
    private static partial Regex AbsolutePath();

    [GeneratedRegex(@"<TargetFramework>net(\d+\.\d+)</TargetFramework>")]
    private static partial Regex Framework();
}
