using System.Diagnostics;
using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What can be told of the packages without packing the native libraries; <c>eng/try-packages</c> tries all
/// of them.</summary>
public sealed class PackageTests
{
    [Fact]
    public void A_package_has_readme_icon_licence_documentation_and_symbols()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        Pack("Fulcrum.Text", folder);

        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(folder, "*.nupkg").Single());
        string[] files = [.. package.Entries.Select(e => e.FullName)];
        Assert.Superset(
            new HashSet<string>
            {
                "README.md",
                "NOTICE",
                "icon.png",
                "lib/net10.0/Fulcrum.Text.dll",
                "lib/net10.0/Fulcrum.Text.xml",
            },
            files.ToHashSet()
        );
        XElement about = Nuspec(package);
        Assert.Equal(Version, Value(about, "version"));
        Assert.Equal("MIT", Value(about, "license"));
        Assert.Equal("icon.png", Value(about, "icon"));
        Assert.Equal("README.md", Value(about, "readme"));
        using ZipArchive symbols = ZipFile.OpenRead(Directory.GetFiles(folder, "*.snupkg").Single());
        Assert.Contains(symbols.Entries, e => e.FullName == "lib/net10.0/Fulcrum.Text.pdb");
    }

    [Fact]
    public void The_library_has_an_entry_point_so_that_its_package_brings_the_worker_of_SQL() =>
        Assert.Equal("Main", typeof(Experiment).Assembly.EntryPoint?.Name);

    [Fact]
    public void The_changelog_describes_the_version_that_is_built()
    {
        string text = File.ReadAllText(Path.Combine(SharedData.Project, "CHANGELOG.md"));

        string newest = Regex
            .Match(text, @"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", RegexOptions.Multiline)
            .Groups[1]
            .Value;

        Assert.Equal(Version, newest);
        string? built = typeof(Experiment).Assembly.GetName().Version?.ToString(3);
        Assert.Equal(Version, built);
    }

    [Fact]
    public void The_changelog_has_the_headings_of_Keep_a_Changelog()
    {
        string[] headings =
        [
            .. File.ReadLines(Path.Combine(SharedData.Project, "CHANGELOG.md"))
                .Where(l => l.StartsWith("##", StringComparison.Ordinal)),
        ];

        Assert.Equal("## [Unreleased]", headings[0]);
        string[] kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
        Assert.All(
            headings.Where(l => l.StartsWith("###", StringComparison.Ordinal)),
            l => Assert.Contains(l[4..], kinds)
        );
    }

    private static string Version =>
        XDocument.Load(Path.Combine(SharedData.Project, "Directory.Build.props")).Descendants("Version").Single().Value;

    private static void Pack(string project, string folder)
    {
        string configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        ProcessStartInfo start = new(
            "dotnet",
            [
                "pack",
                Path.Combine("src", project),
                "-c",
                configuration,
                "--no-build",
                "-o",
                folder,
                "--nologo",
                "-v",
                "q",
            ]
        )
        {
            WorkingDirectory = SharedData.Project,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }

    private static XElement Nuspec(ZipArchive package)
    {
        using Stream stream = package
            .Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal))
            .Open();
        return XDocument.Load(stream).Root!.Elements().Single();
    }

    private static string? Value(XElement metadata, string name) =>
        metadata.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value;
}
