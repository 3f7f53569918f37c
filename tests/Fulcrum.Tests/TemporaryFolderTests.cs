using Xunit;

namespace Fulcrum.Tests;

/// <summary>The folder of the temporary files of tests: what ended processes leave, and where programs run.</summary>
public sealed class TemporaryFolderTests : IDisposable
{
    private readonly string parent = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Fact]
    public void A_folder_whose_process_was_killed_is_removed_and_that_of_a_running_one_stays()
    {
        (string ended, string running, string other) = (
            At("fulcrum-tests-ended"),
            At("fulcrum-tests-running"),
            At("other")
        );
        foreach (string folder in (string[])[ended, running, other])
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "file"), "x");
            File.WriteAllText(folder + ".lock", "");
        }

        using FileStream? held = TemporaryFolder.Lock(running + ".lock");

        TemporaryFolder.RemoveAbandoned(parent);

        Assert.False(Path.Exists(ended) || Path.Exists(ended + ".lock"));
        Assert.Equal(
            [running, running + ".lock", other, other + ".lock"],
            Directory.EnumerateFileSystemEntries(parent).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_folder_in_which_programs_cannot_be_started_is_told()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only there memory is a folder");

        Assert.False(TemporaryFolder.RunsPrograms(parent, UnixFileMode.UserRead));
        Assert.Empty(Directory.EnumerateFileSystemEntries(parent));
    }

    private string At(string name) => Path.Combine(parent, name);
}
