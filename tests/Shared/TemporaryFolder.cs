using System.Runtime.CompilerServices;

namespace Fulcrum.Tests;

/// <summary>The temporary files of all tests of a process, in a folder of their own that is removed at its
/// end.</summary>
/// <remarks>Fulcrum flushes each file that it writes to the disk, and tests write thousands. In memory that takes no
/// time. What a power failure would leave is no matter of these tests.</remarks>
internal static class TemporaryFolder
{
    private const string Memory = "/dev/shm",
        Variable = "TMPDIR";
    private const long LeastBytes = 4L << 30;

    [ModuleInitializer]
    internal static void Choose()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } || !IsLargeEnough())
        {
            return;
        }

        string folder = Path.Combine(Memory, $"fulcrum-tests-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        Environment.SetEnvironmentVariable(Variable, folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(folder);
    }

    private static bool IsLargeEnough() =>
        OperatingSystem.IsLinux()
        && Directory.Exists(Memory)
        && new DriveInfo(Memory) is { DriveFormat: "tmpfs", AvailableFreeSpace: >= LeastBytes };

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }
    }
}
