namespace Fulcrum.Files;

/// <summary>A new folder for intermediate files. <see cref="Dispose"/> deletes it with everything in it.</summary>
internal sealed class ScratchFolder : IDisposable
{
    /// <summary>Creates the folder among the system's temporary ones. Only this user can read it.</summary>
    /// <param name="purpose">A part of its name, such as <c>trial</c>.</param>
    /// <exception cref="FulcrumException">The folder for temporary files is missing or cannot be written.</exception>
    public ScratchFolder(string purpose)
    {
        try
        {
            Path = Directory.CreateTempSubdirectory($"fulcrum-{purpose}-").FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FulcrumException(
                $"no folder can be made in {System.IO.Path.GetTempPath()}, where temporary files go ({e.Message}); "
                    + "set TMPDIR to a folder that can be written",
                e
            );
        }
    }

    private ScratchFolder(DirectoryInfo folder) => Path = folder.FullName;

    /// <summary>The folder, absolute.</summary>
    public string Path { get; }

    /// <summary>Creates the folder in another one, from where it can be renamed to its final place.</summary>
    public static ScratchFolder In(string parent)
    {
        string path = System.IO.Path.Combine(parent, System.IO.Path.GetRandomFileName());
        AtomicFile.CreateFolder(path);
        return new ScratchFolder(new DirectoryInfo(path));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path)) // it has not been renamed
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
