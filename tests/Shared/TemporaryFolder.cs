using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Fulcrum.Tests;

/// <summary>The temporary files of all tests of a process, in a folder of their own that is removed at its end, or by
/// the next process of tests if this one is killed.</summary>
/// <remarks>Fulcrum flushes each file that it writes to the disk, and tests write thousands. In memory that takes no
/// time. What a power failure would leave is no matter of these tests.</remarks>
internal static class TemporaryFolder
{
    private const string Memory = "/dev/shm",
        Variable = "TMPDIR",
        Prefix = "fulcrum-tests-",
        LockEnding = ".lock";
    private const long LeastBytes = 4L << 30;

    [ModuleInitializer]
    internal static void Choose()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } || !IsLargeEnough())
        {
            return;
        }

        RemoveAbandoned(Memory);
        if (Lock(Path.Combine(Memory, Prefix + Path.GetRandomFileName() + LockEnding)) is { } held)
        {
            string folder = FolderOf(held.Name);
            Directory.CreateDirectory(folder);
            if (!RunsPrograms(folder))
            {
                Remove(held);
                return;
            }

            Environment.SetEnvironmentVariable(Variable, folder);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(held);
        }
    }

    /// <summary>Removes the folders whose processes have ended: nobody holds the lock beside them.</summary>
    internal static void RemoveAbandoned(string parent)
    {
        foreach (string file in Directory.EnumerateFiles(parent, Prefix + "*" + LockEnding))
        {
            if (Lock(file) is { } held)
            {
                Remove(held);
            }
        }
    }

    /// <summary>Whether a program in this folder can be started; Docker mounts its memory without that right.</summary>
    /// <param name="mode">Of the program.</param>
    internal static bool RunsPrograms(
        string folder,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserExecute
    )
    {
        if (OperatingSystem.IsWindows())
        {
            return true;
        }

        string program = Path.Combine(folder, "program");
        File.WriteAllText(program, "#!/bin/sh\n");
        try
        {
            File.SetUnixFileMode(program, mode);
            using Process started = Process.Start(program);
            started.WaitForExit();
            return started.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
        finally
        {
            File.Delete(program);
        }
    }

    /// <summary>Creates a file that only this process may open, until it ends; null if another one has it.</summary>
    internal static FileStream? Lock(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsLargeEnough() =>
        OperatingSystem.IsLinux()
        && Directory.Exists(Memory)
        && new DriveInfo(Memory) is { DriveFormat: "tmpfs", AvailableFreeSpace: >= LeastBytes };

    private static string FolderOf(string file) => file[..^LockEnding.Length];

    private static void Remove(FileStream held)
    {
        using (held)
        {
            try
            {
                if (Directory.Exists(FolderOf(held.Name)))
                {
                    Directory.Delete(FolderOf(held.Name), recursive: true);
                }

                File.Delete(held.Name);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }
        }
    }
}
